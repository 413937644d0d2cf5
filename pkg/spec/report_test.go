package spec

import "testing"

func TestQuoted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ls": `"ls"`, "ls\n": `"ls" and a line break`, "ls\n\n": `"ls" and a line break`, "a\nb\n": `"a" and further lines`,
		"": `""`, "\n": `"\n"`, "\x1b[2J": `"\u{001b}[2J"`,
	} {
		if got := quoted(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
