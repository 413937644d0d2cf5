package apply_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestNoticeWithParamConfig checks that a channel's param_config is written with its events, and
// that a lost answer is settled by reading.
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
				w.mustBeInStep(head)
			}
		})
	}
}

// TestNoticeConfigFromSecret checks that a channel's configuration is the secret's value, and that
// no placeholder reaches the service.
func TestNoticeConfigFromSecret(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Strict(), definitions(job("a", "x")))
	with := func(secret, config string) *compile.Result {
		return definitions(job("a", "x", func(j *compile.Job) {
			notice("DING_TALK", "buildJobFail")(j)
			j.Notices[0].Secret, j.Notices[0].ParamConfig = secret, &config
		}))
	}
	plan := w.plan(with("HOOK", spec.SecretPlaceholder("HOOK")), nil, nil)
	if len(plan.Needs) != 1 || plan.Needs[0].Secret != "HOOK" {
		t.Fatalf("the plan needs %v", plan.Needs)
	}
	if report := w.apply(plan, apply.Options{SkipMissingSecrets: true}); result(t, report, "shop/notification/a", diff.ActionUpdate).Outcome != apply.Failed {
		t.Errorf("without the secret:\n%s", describe(report))
	}
	value := `{"webhook":"https://example.invalid/canary"}`
	report := w.apply(plan, apply.Options{Secrets: oneSecret{"HOOK", value}})
	if result(t, report, "shop/notification/a", diff.ActionUpdate).Outcome != apply.Applied || strings.Contains(describe(report), "canary") {
		t.Errorf("ended:\n%s", describe(report))
	}
	w.mustBeInStep(with("", value))
	w.mustBeInStep(with("HOOK", spec.SecretPlaceholder("HOOK")))
	if other := w.plan(with("", "{}"), nil, nil); len(other.Changes) == 0 {
		t.Error("the emulator does not show the configuration, so nothing is proved")
	}
}

// oneSecret gives every name the same value.
type oneSecret struct{ name, value string }

func (s oneSecret) Resolve(name string) (string, error) {
	if name != s.name {
		return "", apply.ErrNoSecret
	}
	return s.value, nil
}
