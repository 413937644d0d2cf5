package spec

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Nearest returns the candidate that word most likely means, "" if none is close. It uses the
// Damerau-Levenshtein distance (a swap of neighbours counts once), ignores case and the difference
// of "-" and "_", and allows a third of the characters to be wrong. The first of equals wins. If
// none is close, it returns the only candidate that starts with word (group: group_id), else the
// one that other tools call by that word (choices: options).
func Nearest(word string, candidates []string) string {
	const longest = 64 // no key is longer, and the work is quadratic in it
	if word == "" || utf8.RuneCountInString(word) > longest {
		return ""
	}
	have := foldName(word)
	best, bestDistance := "", max(1, len(have)/3)+1
	for _, candidate := range candidates {
		want := foldName(candidate)
		if len(want) > longest || abs(len(want)-len(have)) >= bestDistance {
			continue
		}
		if d := editDistance(have, want); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	if best == "" && len(have) >= 4 {
		starts := slices.DeleteFunc(slices.Clone(candidates), func(c string) bool {
			return !strings.HasPrefix(string(foldName(c)), string(have)+"_")
		})
		if len(starts) == 1 {
			best = starts[0]
		}
	}
	if best == "" {
		best = elsewhere(string(have), candidates)
	}
	return best
}

// otherWords maps words of other tools, and of the service's own pages, to
// words of the language, the likeliest first. Keys are folded.
var otherWords = map[string][]string{
	"amd64": {"x86-64"}, "x64": {"x86-64"}, "x86": {"x86-64"}, "intel": {"x86-64"}, "arm64": {"arm"}, "aarch64": {"arm"}, "armv8": {"arm"}, "kunpeng": {"arm"},
	"choices": {"options"}, "enum": {"options"}, "values": {"options"}, "value": {"default"}, "default_value": {"default"}, "optional": {"required"},
	"run": {"sh", "command"}, "script": {"sh", "command"}, "shell": {"sh"}, "bash": {"sh"}, "command": {"sh"}, "commands": {"command"}, "cmd": {"sh", "command"}, "goals": {"command"},
	"mvn": {"maven"}, "yarn": {"npm"}, "node": {"npm"}, "nodejs": {"npm"}, "artifact": {"upload_artifact"}, "upload": {"upload_artifact"},
	"schedule": {"cron", "triggers"}, "on": {"triggers"}, "tz": {"timezone"}, "email": {"MAIL"}, "sms": {"MESSAGE"}, "dingding": {"DING_TALK"}, "wechat": {"WECOM"}, "lark": {"FEISHU"},
	"repo": {"scms", "url"}, "repository": {"scms", "url"}, "git": {"scms"}, "source": {"scms"}, "sources": {"scms"}, "ref": {"branch"}, "env": {"parameters"}, "params": {"parameters"}, "with": {"inputs", "parameters"},
	"warn": {"warning"}, "fatal": {"error"}, "none": {"off"}, "ignore": {"off"}, "disable": {"off"}, "tasks": {"steps"}, "stages": {"steps"}, "disabled": {"enabled"}, "pool": {"host_type"}, "size": {"flavor"}, "spec": {"flavor"}, "use": {"template"}, "extends": {"template"}, "strategy": {"matrix"},
}

// elsewhere finds the candidate that other tools call by a word.
func elsewhere(folded string, candidates []string) string {
	for _, meant := range otherWords[folded] {
		if slices.Contains(candidates, meant) {
			return meant
		}
	}
	return ""
}

func foldName(s string) []rune {
	return []rune(strings.ReplaceAll(strings.ToLower(s), "-", "_"))
}

func abs(n int) int { return max(n, -n) }

// editDistance returns the optimal string alignment distance of a and b.
func editDistance(a, b []rune) int {
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i, ca := range a {
		row[0] = i + 1
		for j, cb := range b {
			cost := 1
			if ca == cb {
				cost = 0
			}
			row[j+1] = min(old[j+1]+1, row[j]+1, old[j]+cost)
			if i > 0 && j > 0 && ca == b[j-1] && a[i-1] == cb {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(b)]
}

// DidYouMean suggests the candidate that word most likely means, "" if none is close.
func DidYouMean(word string, candidates []string) string {
	return Suggestion(Nearest(word, candidates))
}

// DidYouMeanOneOf is DidYouMean, or lists the candidates if they are few and none is close.
func DidYouMeanOneOf(word string, candidates []string) string {
	const few = 12
	if hint := DidYouMean(word, candidates); hint != "" || len(candidates) == 0 || len(candidates) > few {
		return hint
	}
	return Choices(candidates)
}

// Choices lists the right words as a hint.
func Choices(words []string) string { return "known: " + strings.Join(words, ", ") }

// Suggestion asks for the word that was probably meant; "" for "".
func Suggestion(near string) string {
	if near == "" {
		return ""
	}
	near = sanitize.Line(near, 200)
	if strings.Contains(near, `"`) { // a path, whose quotes would end the others
		return "did you mean " + near + "?"
	}
	return `did you mean "` + near + `"?`
}

// WithSuggestion appends the suggestion to a text, if there is one.
func WithSuggestion(text, near string) string {
	if near == "" {
		return text
	}
	return text + "; " + Suggestion(near)
}

// spacesList writes 2, 4 or 6 spaces.
func spacesList(counts []int) string {
	var list strings.Builder
	for i, n := range slices.Compact(slices.Clone(counts)) {
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteString(strconv.Itoa(n))
	}
	return list.String() + " spaces"
}
