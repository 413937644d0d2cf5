package lint

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// lostBackslash reports an unquoted backslash before a letter or digit: the shell drops it, so the
// program gets another text. .\scripts\x becomes .scriptsx, and \n becomes n.
func (p *pass) lostBackslash(s *script, call *syntax.CallExpr) {
	for i, word := range call.Args {
		if i == 0 || isPlainCommand(source(s, word)) {
			continue // \rm runs rm in place of its alias
		}
		if call.Args[0].Lit() == "awk" && strings.HasPrefix(source(s, word), "-F") {
			continue // awk reads -Ft as a tab
		}
		for _, part := range word.Parts {
			lit, ok := part.(*syntax.Lit)
			if !ok {
				continue
			}
			start, end := offsets(lit)
			if at := droppedBackslash(s.text[start:min(end, len(s.text))]); at >= 0 {
				p.reportBackslash(s, word, start+at)
				break
			}
		}
	}
}

// isPlainCommand reports whether a word is a command's name after a backslash, as after sudo.
func isPlainCommand(word string) bool {
	name, ok := strings.CutPrefix(word, `\`)
	return ok && len(name) > 1 && strings.IndexFunc(name, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

// droppedBackslash returns where an unquoted text has a backslash that is dropped before a letter
// or digit, -1 if nowhere.
func droppedBackslash(text string) int {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if c := text[i+1]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) {
			return i
		}
		i++ // it quotes the next one
	}
	return -1
}

func (p *pass) reportBackslash(s *script, word *syntax.Word, at int) {
	written := source(s, word)
	if strings.Contains(written, "\n") || len(written) > longestWord { // quotes that close too early
		p.mistake(s, at, at+2, "the shell drops this backslash: it does not stand in quotes here", "look for a quote that closes before it: in single quotes, write '\\'' for a quote")
		return
	}
	hint := "quote the text: '" + strings.ReplaceAll(written, "'", `'\''`) + "'"
	if looksLikeWindowsPath(written) {
		hint = "separate folders with /"
	}
	p.mistake(s, at, at+2, "the shell drops this backslash, so the program gets "+quoted(strings.ReplaceAll(written, `\`, "")), hint)
}

// longestWord is the longest word that a message repeats.
const longestWord = 80

// looksLikeWindowsPath reports whether a text has the form of a path of Windows: .\x, C:\x, a\b\c.
func looksLikeWindowsPath(text string) bool {
	return strings.HasPrefix(text, `.\`) || strings.HasPrefix(text, `..\`) || strings.Contains(text, `:\`) || strings.Count(text, `\`) > 1
}
