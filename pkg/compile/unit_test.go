package compile

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRules holds that the list names the rules that the code reports, in order
// and without a stranger.
func TestRules(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, r := range Rules() {
		listed = append(listed, r.Name)
		if r.Summary == "" {
			t.Errorf("%s has no summary", r.Name)
		}
	}
	if !slices.IsSorted(listed) {
		t.Errorf("the rules are not in order: %v", listed)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	reported := map[string]bool{"modules-file": true} // pkg/catalog's
	call := regexp.MustCompile(`(?:report|reportAt|reportIn)\((?:n, p, |n, parts\[0\], )?"([a-z-]+)"`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range call.FindAllSubmatch(source, -1) {
			reported[string(match[1])] = true
		}
	}
	for rule := range reported {
		if !slices.Contains(listed, rule) {
			t.Errorf("%s is reported and not listed", rule)
		}
	}
	for _, rule := range listed {
		if !reported[rule] {
			t.Errorf("%s is listed and never reported", rule)
		}
	}
}

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
