package outfile

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxStem is how many bytes of a name go into a file's name: file systems take
// 255, and a job's name can have 345.
const maxStem = 200

// deviceNames are not files on Windows, whatever their extension.
const deviceNames = " con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9 "

// Stem returns a file name for an object's name, without an extension, that every system takes.
// Different names may get one file name.
func Stem(name string) string {
	var out strings.Builder
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' || r == '.' && out.Len() > 0 {
			out.WriteRune(r)
			continue
		}
		out.WriteByte('-')
	}
	stem := strings.TrimRight(out.String(), ".")
	switch {
	case stem == "":
		stem = "unnamed"
	case strings.Contains(deviceNames, " "+strings.ToLower(stem)+" "):
		stem += "_"
	}
	if len(stem) <= maxStem {
		return stem
	}
	sum := sha256.Sum256([]byte(name))
	cut := maxStem
	for !utf8.RuneStart(stem[cut]) {
		cut--
	}
	return stem[:cut] + "-" + hex.EncodeToString(sum[:4])
}
