//go:build unix

package doctest

import (
	"regexp"
	"strings"
	"testing"
)

// elided marks omitted text in a document.
const elided = "…"

// volatile matches text that differs from run to run or from version to version; only its form is
// compared.
var volatile = []struct {
	form *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]{6,64}…?`), "sha256:DIGEST"},
	{regexp.MustCompile(`\b[0-9a-f]{7,40}\b`), "HASH"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+\d\d:?\d\d)?`), "TIME"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ?m?s\b`), "DURATION"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
}

// digest matches a whole digest; documents show its beginning.
var digest = regexp.MustCompile(`(sha256:[0-9a-f]{12})[0-9a-f]{52}`)

// matches reports whether an output fits the document.
func matches(shown, got string) bool {
	want, have := strings.Split(normal(shown), "\n"), strings.Split(normal(got), "\n")
	return matchLines(want, have)
}

func normal(text string) string {
	text = tidy(text)
	for _, v := range volatile {
		text = v.form.ReplaceAllString(text, v.as)
	}
	return text
}

// matchLines compares line by line; an elided line stands for any number of lines.
func matchLines(want, have []string) bool {
	for len(want) > 0 {
		if strings.TrimSpace(want[0]) == elided {
			for skip := range len(have) + 1 {
				if matchLines(want[1:], have[skip:]) {
					return true
				}
			}
			return false
		}
		if len(have) == 0 || !matchLine(want[0], have[0]) {
			return false
		}
		want, have = want[1:], have[1:]
	}
	return len(have) == 0
}

// matchLine compares one line. A line that has the mark itself, such as a shortened id, equals
// itself.
func matchLine(want, have string) bool {
	if want == have {
		return true
	}
	parts := strings.Split(want, elided)
	if len(parts) == 1 || !strings.HasPrefix(have, parts[0]) {
		return false
	}
	have = have[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(have, part)
		if !found {
			return false
		}
		have = after
	}
	return strings.HasSuffix(have, parts[len(parts)-1])
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shown, got string
		want       bool
	}{
		"equal":                          {"a\nb", "a\nb", true},
		"another line":                   {"a\nb", "a\nc", false},
		"a line too few":                 {"a", "a\nb", false},
		"a line too many":                {"a\nb", "a", false},
		"nothing shown, nothing printed": {"", "", true},
		"nothing shown, something":       {"", "a", false},
		"blanks at the end":              {"a", "a  \n", true},
		"elided within":                  {"a … d", "a b c d", true},
		"elided within, other end":       {"a … e", "a b c d", false},
		"elided lines":                   {"a\n…\nd", "a\nb\nc\nd", true},
		"elided to the end":              {"a\n…", "a", true},
		"another commit":                 {"head b3a7326", "head a81e003", true},
		"no commit":                      {"head b3a7326", "head nothing", false},
		"another duration":               {"applied (0.0 s)", "applied (1.3 s)", true},
		"another plan id":                {"sha256:9f3ac1…", "sha256:0123456789ab", true},
		"numbers that count":             {"1 to create", "2 to create", false},
		"the exit code counts":           {"(exit code 2)", "(exit code 5)", false},
		"elided cannot overlap itself":   {"ab…ab", "ab", false},
	} {
		if got := matches(c.shown, c.got); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	const text = "# A\n\n```console\n$ one \\\n>   more\nout\n\nout 2\n$ two\n```\n\n```yaml append=f.yaml\na: 1\n```\n"
	doc, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if doc.String() != text {
		t.Errorf("the document changed:\n%s", doc)
	}
	commands := doc.commands()
	if len(commands) != 2 || commands[0].text != "one \\\n  more" || commands[0].output != "out\n\nout 2" || commands[0].line != 4 || commands[1].output != "" {
		t.Errorf("commands: %+v %+v", commands[0], commands[1:])
	}
	written := false
	for _, p := range doc.pieces {
		written = written || p.file == "f.yaml" && p.appends && p.content[0] == "a: 1"
	}
	if !written {
		t.Error("the block for f.yaml was not found")
	}
	for name, bad := range map[string]string{
		"open fence":      "```console\n$ a\n",
		"no prompt":       "```console\na\n```\n",
		"an empty block":  "```console\n```\n",
		"a longer fence":  "````yaml\na\n```\n",
		"prompt no blank": "```console\n$a\n```\n",
	} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestSession checks that the shell keeps its folder and variables, and returns exit codes.
func TestSession(t *testing.T) {
	t.Parallel()
	doc, err := parse("```console\n$ false\n$ echo $?\n$ cd examples; X=1\n$ pwd; printf 'x%s' $X\n$ cat ../f\n$ cat\n```\n```sh file=../f\nlate\n```\n```console\n$ cat ../f\n$ cat >g <<E\n> 1\n> E\n$ cat g\n```\n")
	if err != nil {
		t.Fatal(err)
	}
	got, err := runSession(t.Context(), t.TempDir(), doc)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"(exit code 1)", "1", "", reader + "/buildsync/examples\nx1", "cat: ../f: …\n(exit code 1)", "", "late", "", "1"} {
		if !matches(want, got[i]) {
			t.Errorf("command %d wrote %q, want %q", i, got[i], want)
		}
	}
	doc, err = parse("```console\n$ echo a\n$ exit 3\n$ echo b\n```\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runSession(t.Context(), t.TempDir(), doc); err == nil {
		t.Error("a command that ends the shell is not an error")
	}
}
