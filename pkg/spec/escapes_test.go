package spec_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/spec"
)

// TestJSONEscapes checks that JSON escapes are read as in JSON, and that nothing else in the file
// changes.
func TestJSONEscapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"slash", `"a\/b"`, "a/b"},
		{"a backslash and a slash", `"a\\/b\/"`, `a\/b/`},
		{"surrogates", `"x \ud83d\ude00 y"`, "x 😀 y"},
		{"surrogates in capitals", `"\uD83D\uDE00\/"`, "😀/"},
		{"a backslash before what looks like surrogates", `"\\ud83d \/"`, `\ud83d /`},
		{"beside another escape", `"\u2029\t\/"`, "\u2029\t/"},
		{"stand-ins in use", `"\P\L\/"`, "\u2029\u2028/"},
		{"a sed script beside it", "\"\\/\"\nb: |\n  sed 's/\\/a\\/\\ud83d\\ude00/'\n", "/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root, found := spec.ParseFile("a.yaml", []byte("a: "+c.in+"\n"))
			if found.HasErrors() || root.Str("a") != c.want {
				t.Fatalf("have %q, %v, want %q", root.Str("a"), found, c.want)
			}
			if b := root.Str("b"); b != "" && b != "sed 's/\\/a\\/\\ud83d\\ude00/'\n" {
				t.Errorf("the script became %q", b)
			}
			if end := root.Get("a").Range.End; strings.HasSuffix(c.in, `"`) && end.Column != 4+len(c.in) {
				t.Errorf("the text ends at %v, want column %d", end, 4+len(c.in))
			}
		})
	}
	for _, lone := range []string{`"\ud83d"`, `"\ude00\ud83d"`, `"\q"`} {
		if _, found := spec.ParseFile("a.yaml", []byte("a: "+lone+"\n")); !found.HasErrors() {
			t.Errorf("%s is taken", lone)
		}
	}
}

// TestJSONIsTaken checks that a text in any JSON encoding is read as JSON reads it.
func TestJSONIsTaken(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"/", `\`, "😀", "a", "\n", "\u2028", "\u0085", "é", "u", "U", "x", `"`, "\x1b", "\x00", "P", " "})).Draw(t, "parts"), "")
		var out strings.Builder
		out.WriteByte('"')
		for _, r := range want {
			switch {
			case r == '/':
				out.WriteString(`\/`)
			case r > 0xffff:
				r -= 0x10000
				out.WriteString(`\u` + hex4(0xd800+r>>10) + `\u` + hex4(0xdc00+r&0x3ff))
			case r < ' ' || r > '~':
				out.WriteString(`\u` + hex4(r))
			default:
				one, _ := json.Marshal(string(r))
				out.Write(one[1 : len(one)-1])
			}
		}
		out.WriteByte('"')
		var have string
		if err := json.Unmarshal([]byte(out.String()), &have); err != nil || have != want {
			t.Fatalf("%s is %q, %v", out.String(), have, err)
		}
		root, found := spec.ParseFile("a.json", []byte(`{"a": `+out.String()+`}`))
		if found.HasErrors() || root.Get("a").Text != want {
			t.Fatalf("%s: have %q, %v", out.String(), root.Get("a").Text, found)
		}
	})
}

func hex4(r rune) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15]})
}

// TestStandInsAreFree checks that the temporary replacement of an escape is a text that the file
// does not hold in any form.
func TestStandInsAreFree(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"\/\\a\u2028\u0085\\P\u001b"`:  "/\\a\u2028\u0085\\P\x1b",
		`"\/ 2029 2028 85 0b 07 1b a0"`: "/ 2029 2028 85 0b 07 1b a0",
	} {
		root, found := spec.ParseFile("a.yaml", []byte("a: "+text+"\n"))
		if found.HasErrors() || root.Get("a").Text != want {
			t.Errorf("%s: %v", text, found)
		}
	}
}
