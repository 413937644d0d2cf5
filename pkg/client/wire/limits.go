package wire

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of the service.
const (
	MaxJobName       = 115  // characters of a job's name (reference 4.18)
	MaxParameterName = 128  // characters of a parameter's name (reference 4.18)
	MaxDefault       = 8192 // characters of a parameter's default value (reference 4.18)
	MaxPage          = 100  // rows of a page of any list
	HistoryDays      = 30   // days of the longest period that the service answers for (reference 4.1)
)

// ReservedParameters are names of parameters that the service refuses, because they would change how
// every command of a build runs.
var ReservedParameters = []string{"LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "path", "BASH_ENV", "GIT_SSH_COMMAND"}

// DateLayout is how the API writes a day (API reference 4.1).
const DateLayout = "2006-01-02"

// ServiceZone is the zone in which the service counts days.
var ServiceZone = time.FixedZone("UTC+8", 8*60*60)

// JobNameForm describes the names that IsJobName accepts.
const JobNameForm = "1 to 115 Chinese or Latin letters, digits, _ and -"

// IsJobName reports whether name is a valid job name (reference 4.26).
func IsJobName(name string) bool {
	for _, c := range name {
		if c != '-' && !IsWord(c) && !unicode.Is(unicode.Han, c) {
			return false
		}
	}
	return name != "" && utf8.RuneCountInString(name) <= MaxJobName
}

// IsParameterName reports whether name is a valid name of a parameter (reference 4.18).
func IsParameterName(name string) bool {
	return name != "" && len(name) <= MaxParameterName && !strings.ContainsFunc(name, func(c rune) bool { return !IsWord(c) })
}

// IsWord reports whether c is a Latin letter, a digit or _.
func IsWord(c rune) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
