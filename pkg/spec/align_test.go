package spec

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// scalarLines draws lines of a script: blanks at both ends, quotes, escapes, Chinese, and text that
// looks like YAML.
func scalarLines(t *rapid.T) []string {
	line := rapid.StringOfN(rapid.SampledFrom([]rune("ab :#'\"\\\t-中😀|>{}[],&*!%@`")), 0, 8, -1)
	return rapid.SliceOfN(line, 1, 6).Draw(t, "lines")
}

// TestTextPosFindsEachCharacter checks the position of each character of a text in every YAML
// style. It writes texts in each style and looks at the returned position.
func TestTextPosFindsEachCharacter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := scalarLines(t)
		source := writeScalar(t, lines)
		root, found := ParseFile("a.yaml", []byte(source))
		if root == nil || found.HasErrors() || root.Get("k") == nil || root.Get("end") == nil {
			t.Skip("not what the style can hold")
		}
		n := root.Get("k")
		rows := strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n")
		for i, char := range n.Text {
			at := n.TextPos([]byte(source), i)
			if char == '\n' || char == ' ' || char == '\t' {
				continue // it may be a fold
			}
			row := []rune(rows[at.Line-1])
			if at.Column > len(row) || row[at.Column-1] != char && row[at.Column-1] != '\\' {
				t.Fatalf("byte %d, %q, of %q is said to stand at %s of\n%s", i, char, n.Text, at, source)
			}
		}
		end := n.Range.End
		if row := []rune(rows[end.Line-1]); end.Column > len(row)+1 || end.Line < n.Range.Start.Line {
			t.Fatalf("the end %s is not a place in\n%s", end, source)
		}
	})
}

// writeScalar writes lines as the value of k in one of the styles.
func writeScalar(t *rapid.T, lines []string) string {
	text := strings.Join(lines, "\n")
	indent := strings.Repeat(" ", rapid.IntRange(1, 5).Draw(t, "indent"))
	var value string
	switch style := rapid.SampledFrom([]string{"|", "|-", "|+", ">", ">-", ">+", "'", `"`, "plain"}).Draw(t, "style"); style {
	case "'":
		value = "'" + strings.Join(strings.Split(strings.ReplaceAll(text, "'", "''"), "\n"), "\n\n"+indent) + "'"
	case `"`:
		value = fmt.Sprintf("%q", text)
		if !utf8.ValidString(text) {
			t.Skip("not text")
		}
		if rapid.Bool().Draw(t, "continued") && len(text) > 2 {
			value = strings.Replace(value, "a", "a\\\n"+indent, 1)
		}
	case "plain":
		value = strings.Join(lines, "\n"+indent)
	default:
		value = style + "\n" + indent + strings.Join(lines, "\n"+indent)
	}
	source := "k: " + value + "\nend: 1\n"
	if rapid.Bool().Draw(t, "CRLF") {
		source = strings.ReplaceAll(source, "\n", "\r\n")
	}
	return source
}
