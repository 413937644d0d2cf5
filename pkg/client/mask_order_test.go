package client

import "testing"

// TestMaskLongestFirst checks two secrets of which one is the beginning of the other. The rest of
// the longer one must not stay readable.
func TestMaskLongestFirst(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{{"hunter", "hunter-two-tail"}, {"hunter-two-tail", "hunter"}} {
		if have := mask("key=hunter-two-tail", secrets); have != "key="+masked {
			t.Errorf("%q leaves %q", secrets, have)
		}
	}
}

func mask(text string, secrets []string) string { return maskForms(text, formsOf(secrets)) }
