package spec_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

func TestParseSeverity(t *testing.T) {
	t.Parallel()
	for _, s := range []spec.Severity{spec.Info, spec.Warning, spec.Error} {
		if got, ok := spec.ParseSeverity(s.String()); !ok || got != s {
			t.Errorf("%s is read as %s, %t", s, got, ok)
		}
	}
	for _, word := range []string{"", "Error", "warn", "never", "off"} {
		if got, ok := spec.ParseSeverity(word); ok || got != 0 {
			t.Errorf("%q is read as %s", word, got)
		}
	}
}
