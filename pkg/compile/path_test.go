package compile_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

func TestPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, have, want string }{
		{"step", compile.StepPath("Build", 1), `steps["Build"]`},
		{"second step of a name", compile.StepPath("Build", 2), `steps["Build"#2]`},
		{"step without a name", compile.StepPath("", 1), `steps[""]`},
		{"Chinese step", compile.StepPath("Maven构建", 1), `steps["Maven构建"]`},
		{"quotes and controls", compile.StepPath("a\"]\x1b[31m", 1), `steps["a\"]\x1b[31m"]`},
		{"bidirectional control", compile.StepPath("a\u202eb", 1), `steps["a\u202eb"]`},
		{"parameter", compile.ParameterPath("target"), `parameters["target"]`},
		{"code source", compile.ScmPath(0), `scms[0]`},
		{"trigger", compile.TriggerPath(11), `triggers[11]`},
		{"channel", compile.NoticePath("MAIL"), `notifications["MAIL"]`},
		{"member", valuepath.Member("ignore_fail"), `.ignore_fail`},
		{"member that is not an identifier", valuepath.Member("a.b"), `["a.b"]`},
		{"empty member", valuepath.Member(""), `[""]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.have != c.want {
				t.Errorf("have %s, want %s", c.have, c.want)
			}
		})
	}
}
