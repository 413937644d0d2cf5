package catalog_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/catalog"
)

func TestProposedWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, alias, want string }{
		{"Build with Gradle", "", "gradle"},
		{"Gradle构建", "", "gradle"},
		{"Go语言构建", "", "go"},
		{"my step", "Build with Yarn", "yarn"},
		{"Build with Maven", "", ""}, // the word is another module's
		{"Test", "", ""},
		{"Upload to OBS", "", ""},
	} {
		m := &catalog.Module{ID: "devcloud2018.codeci_action_29999.action", Name: c.name}
		if c.alias != "" {
			m.Aliases = []string{c.alias}
		}
		if have := catalog.Default().ProposedWord(m); have != c.want {
			t.Errorf("%s: have %q, want %q", c.name, have, c.want)
		}
	}
	if have := catalog.Default().ProposedWord(&catalog.Module{ID: "devcloud2018.codeci_action_20043.action", Name: "Build with Zzz"}); have != "" {
		t.Errorf("a module with a word gets %q", have)
	}
}
