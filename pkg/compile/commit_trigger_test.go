package compile_test

import (
	"testing"
)

// TestCommitTrigger checks that on_commit compiles to the API's build_if_code_updated.
func TestCommitTrigger(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"on_commit: true":              "true",
		"on_commit: false":             "false",
		"on_commit: null":              "null",
		"build_if_code_updated: false": "false",
		"build_if_code_updated: true":  "true",
	} {
		body := compileOne(t, text).Body()
		if have := body.Get("build_if_code_updated"); have == nil || string(have.AppendJSON(nil)) != want {
			t.Errorf("%s: the body has %s", text, body.AppendJSON(nil))
		}
		if body.Get("on_commit") != nil {
			t.Errorf("%s: the key of the file reached the body", text)
		}
	}
}
