package lint

import "embed"

// The fixtures are the examples of `buildsync explain` and of docs/rules: what
// the tests hold is what users see.
//
//go:embed testdata/*/bad.yaml testdata/*/bad.out testdata/*/ok.yaml
var fixtures embed.FS

// Example is a definition that a rule reports, what lint says about it, and one
// that is right.
type Example struct{ Bad, Output, Good string }

// ExampleOf returns the example of a rule; ok is false where it has none: its
// input would be too large to show, or is no file.
func ExampleOf(rule string) (example Example, ok bool) {
	for name, text := range map[string]*string{"bad.yaml": &example.Bad, "bad.out": &example.Output, "ok.yaml": &example.Good} {
		content, err := fixtures.ReadFile("testdata/" + rule + "/" + name)
		if err != nil {
			return Example{}, false
		}
		*text = string(content)
	}
	return example, true
}
