package apply_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// A channel's param_config is written with its events, and a lost answer about
// it ends in the truth.
func TestNoticeWithParamConfig(t *testing.T) {
	t.Parallel()
	config := `{"webhook":"https://example.invalid/canary"}`
	with := func(j *compile.Job) {
		notice("DING_TALK", "buildJobFail")(j)
		j.Notices[0].ParamConfig = &config
	}
	tests := map[string]struct {
		fault *emulator.Fault
		want  apply.Outcome
	}{
		"no fault":    {nil, apply.Applied},
		"answer lost": {&emulator.Fault{Kind: emulator.FaultReset, Commit: emulator.CommitFirst}, apply.AppliedConfirmed},
		"write lost":  {&emulator.Fault{Kind: emulator.FaultReset, Commit: emulator.CommitNever}, apply.Applied},
		"never":       {&emulator.Fault{Kind: emulator.FaultReset, Commit: emulator.CommitNever, Times: -1}, apply.Failed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, emulator.Strict(), definitions(job("a", "x")))
			head := definitions(job("a", "x", with))
			plan := w.plan(head, nil, nil)
			if test.fault != nil {
				f := *test.fault
				f.Op = "UpdateNotice"
				w.MustFail(t, f)
			}
			report := w.apply(plan, apply.Options{})
			if got := result(t, report, "shop/notification/a", diff.ActionUpdate); got.Outcome != test.want {
				t.Errorf("ended:\n%s", describe(report))
			}
			if test.want != apply.Failed {
				w.mustBeInSync(head)
			}
		})
	}
}
