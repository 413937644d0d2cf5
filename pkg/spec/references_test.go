package spec_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

func TestSplitReferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"plain ${x} $y", "plain ${x} $y"},
		{"${{ a.b }}", "<a.b>"},
		{"x${{a.b}}y${{ c.d }}", "x<a.b>y<c.d>"},
		{"${{ a }}${{ b }}", "<a><b>"},
		{"$${{ a.b }}", "${{ a.b }}"},
		{"$${{${{ a }}", "${{<a>"},
		{"$${{ a }} ${{ b.c }}", "${{ a }} <b.c>"},
		{"$$${{ a.b }}", "$${{ a.b }}"},
		{"${{}}", "<>"},
		{"${{ a", "!"},
		{"x ${{ a }} ${{ b", "x <a> !"},
		{"}} ${ {{ x", "}} ${ {{ x"},
		{"", ""},
	} {
		parts, err := spec.SplitReferences(c.text)
		have, references := "", 0
		for i, p := range parts {
			switch {
			case p.IsReference:
				have += "<" + p.Text + ">"
				references++
				if inside := c.text[p.Start:p.End]; strings.TrimSpace(inside[3:len(inside)-2]) != p.Text {
					t.Errorf("%q: the place of %q is %q", c.text, p.Text, inside)
				}
			case err != nil && i == len(parts)-1:
				have += "!"
			default:
				have += p.Text
			}
		}
		if have != c.want {
			t.Errorf("%q: have %q, want %q", c.text, have, c.want)
		}
		if found := spec.References(c.text); len(found) != references {
			t.Errorf("%q: %d references, want %d", c.text, len(found), references)
		}
		if spec.HasReference(c.text) != strings.ContainsAny(c.want, "<!") {
			t.Errorf("%q: HasReference is %v", c.text, spec.HasReference(c.text))
		}
		if again, err := spec.SplitReferences(spec.EscapeReferences(c.text)); err != nil || len(again) > 1 || len(again) == 1 && again[0].Text != c.text {
			t.Errorf("%q does not come back from its escaped form: %v, %v", c.text, again, err)
		}
	}
}
