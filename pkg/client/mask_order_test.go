package client

import "testing"

// TestMaskLongestFirst: where one secret is the beginning of another, the rest
// of the longer one must not be left to read.
func TestMaskLongestFirst(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{{"hunter", "hunter-two-tail"}, {"hunter-two-tail", "hunter"}} {
		if have := mask("key=hunter-two-tail", secrets); have != "key="+masked {
			t.Errorf("%q leaves %q", secrets, have)
		}
	}
}

func mask(text string, secrets []string) string { return maskForms(text, formsOf(secrets)) }
