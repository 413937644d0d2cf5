package spec

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"gopkg.in/yaml.v3"
)

// isEscapeError matches the library's errors for escapes that it does not know: \/ and surrogate
// pairs, which JSON allows.
var isEscapeError = pattern(`unknown escape character|invalid Unicode character escape|expected hexdecimal`)

// standIns are escapes of two bytes, each with the character that it means. One that a file does
// not use takes the place of an escape that the library does not know. It has the same length, so
// no position in the file changes.
var standIns = []struct {
	letter byte
	char   rune
}{{'P', 0x2029}, {'L', 0x2028}, {'N', 0x85}, {'v', 0x0b}, {'a', 0x07}, {'e', 0x1b}, {'_', 0xa0}}

// hexEscapes lists the characters that a text writes in hexadecimal.
func hexEscapes(text []byte) map[rune]bool {
	chars := map[rune]bool{}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if n := digits[text[i+1]]; n > 0 && i+2+n <= len(text) {
			if code, err := strconv.ParseInt(string(text[i+2:i+2+n]), 16, 32); err == nil {
				chars[rune(code)] = true
			}
		}
		i++ // a backslash after this one is not an escape's start
	}
	return chars
}

// jsonEscapes rewrites the JSON escapes that the library does not know, keeping every byte
// position. restore sets the original values in the parsed document; it is nil if nothing was
// rewritten.
func jsonEscapes(text []byte) (rewritten []byte, restore func(*yaml.Node)) {
	var free []int
	chars := hexEscapes(text)
	for i, s := range standIns {
		// Outside of double quotes the letter after a backslash is text.
		if !bytes.Contains(text, []byte{'\\', s.letter}) && !chars[s.char] && !bytes.ContainsRune(text, s.char) {
			free = append(free, i)
		}
	}
	if len(free) < 2 {
		return nil, nil
	}
	slash, padding := standIns[free[0]], standIns[free[1]]
	pairs := map[string]string{} // as the file has them, by what stands for them
	rewritten = bytes.Clone(text)
	for i := 0; i+1 < len(rewritten); i++ {
		if rewritten[i] != '\\' {
			continue
		}
		if pair := surrogates().Find(rewritten[i:min(i+12, len(rewritten))]); pair != nil {
			high, _ := strconv.ParseUint(string(pair[2:6]), 16, 32)
			low, _ := strconv.ParseUint(string(pair[8:12]), 16, 32)
			long := fmt.Sprintf(`\U%08x\%c`, utf16.DecodeRune(rune(high), rune(low)), padding.letter)
			pairs[long] = string(pair)
			copy(rewritten[i:], long)
		} else if rewritten[i+1] == '/' {
			rewritten[i+1] = slash.letter
		}
		i++ // a backslash after this one is not an escape's start
	}
	if bytes.Equal(rewritten, text) {
		return nil, nil
	}
	// Outside of double quotes the text is not an escape: put it back.
	back := []string{string(slash.char), "/", string(padding.char), "", `\` + string(slash.letter), `\/`}
	for long, pair := range pairs {
		back = append(back, long, pair)
	}
	replacer := strings.NewReplacer(back...)
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			n.Value = replacer.Replace(n.Value)
		}
		for _, child := range n.Content {
			visit(child)
		}
	}
	return rewritten, visit
}

// surrogates finds a pair of escapes that together mean one character.
var surrogates = pattern(`^\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)
