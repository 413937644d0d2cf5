package linting_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/linting"
)

func TestSelectRules(t *testing.T) {
	t.Parallel()
	if all, err := linting.SelectRules(nil, nil); all != nil || err != nil {
		t.Errorf("without a choice: %v", err)
	}
	for _, tc := range []struct {
		chosen, ignored string
		image, secret   bool // image-pin and secret-literal count
	}{
		{"image-pin", "", true, false},
		{"image-pin,secret-literal", "", true, true},
		{"", "image-pin", false, true},
		{"image-pin,secret-literal", "secret-literal", true, false},
	} {
		selected, err := linting.SelectRules(list(tc.chosen), list(tc.ignored))
		if err != nil {
			t.Errorf("%+v: %v", tc, err)
			continue
		}
		if selected("image-pin") != tc.image || selected("secret-literal") != tc.secret {
			t.Errorf("%+v: image-pin %t, secret-literal %t", tc, selected("image-pin"), selected("secret-literal"))
		}
	}
	if _, err := linting.SelectRules([]string{"image-pim"}, nil); err == nil || !strings.Contains(err.Error(), `did you mean "image-pin"?`) {
		t.Errorf("a misspelt rule: %v", err)
	}
}

// list returns a flag that was given once, or not at all.
func list(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}
