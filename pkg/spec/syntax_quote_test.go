package spec

import (
	"strings"
	"testing"
)

// TestOpenQuoteIsNamed removes one closing quote of a line with several quoted
// values. The opening quote is named, also where a later quote closes the text.
func TestOpenQuoteIsNamed(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`      - upload: {file: "**/*.jar", name: "b"}`, `      - upload: {file: "**/*.jar", version: 1, name: "b", x: "c"}`, `      - upload: {a: 'x', file: '**/*.jar', name: "b"}`,
		`      - sh: {name: "A", inputs: {command: "make"}}`, `    list: [a, "b", c, "d"]`, `    list: ["a", "b", "c"]`, `    map: {"a": "b", "c": ["d", "e"]}`, `      - upload: {file: "**/*.jar", name: 'b', list: ["x", 'y']}`,
		`    description: "a"`, `    scms: [{repo_id: "2111746211", url: "https://a.b/c.git"}]`,
	} {
		for opens := -1; ; {
			next := strings.IndexAny(line[opens+1:], `"'`)
			if next < 0 {
				break
			}
			opens += 1 + next
			closes := opens + 1 + strings.IndexByte(line[opens+1:], line[opens])
			broken := line[:closes] + line[closes+1:]
			text := "version: 1\njobs:\n  - name: a\n" + broken + "\n    arch: arm\n    other: \"x\"\n"
			found := syntaxErrors(text)
			if len(found) == 0 || found[0].Range.Start.Line != 4 || found[0].Range.Start.Column != opens+1 || !strings.Contains(found[0].Message, "that opens here is not closed") {
				t.Errorf("%s\n\treports %v, want the quote at column %d", broken, found, opens+1)
			}
			opens = closes
		}
	}
}
