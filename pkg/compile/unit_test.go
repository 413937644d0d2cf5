package compile

import "testing"

func TestJSONNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1": "1", "-1": "-1", "1.10": "1.10", "1e3": "1e3", "+5": "5", "007": "7", "0x1F": "31", "0o17": "15", ".5": "0.5", "5.": "5", "-.5e1": "-5",
		"123456789012345678901234567890": "123456789012345678901234567890", "0xFFFFFFFFFFFFFFFF": "18446744073709551615",
		".inf": "", "-.inf": "", ".nan": "", "1e999": "1e999", "x": "", "": "",
	} {
		if have := jsonNumber(text); have != want {
			t.Errorf("%q: have %q, want %q", text, have, want)
		}
	}
}

func TestSplitRefs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"plain ${x} $y", "plain ${x} $y"},
		{"${{ a.b }}", "<a.b>"},
		{"x${{a.b}}y${{ c.d }}", "x<a.b>y<c.d>"},
		{"$${{ a.b }}", "${{ a.b }}"},
		{"$${{ a }} ${{ b.c }}", "${{ a }} <b.c>"},
		{"$$${{ a.b }}", "$${{ a.b }}"},
		{"${{}}", "<>"},
		{"${{ a", "unclosed"},
		{"}} ${ {{ x", "}} ${ {{ x"},
	} {
		parts, err := splitRefs(c.text)
		have := ""
		for _, p := range parts {
			if p.isRef {
				have += "<" + p.text + ">"
			} else {
				have += p.text
			}
		}
		if err != nil {
			have = "unclosed"
		}
		if have != c.want {
			t.Errorf("%q: have %q, want %q", c.text, have, c.want)
		}
	}
}
