package apply_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestMissingSecretsEndTheRun checks that nothing is written if a secret is missing, and that every
// missing secret is listed with all objects that need it.
func TestMissingSecretsEndTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	plan := w.plan(definitions(job("plain", "x"), job("a", "x", secret("token", "TOKEN")), job("b", "x", secret("token", "TOKEN"), secret("more", "MORE"))), nil, nil)
	_, err := apply.Run(t.Context(), w.client, plan, apply.Options{})
	var missing *apply.MissingSecretsError
	if !errors.As(err, &missing) || len(missing.Missing) != 2 || !strings.Contains(err.Error(), "TOKEN: no value was given; needed by shop/job/a, shop/job/b") {
		t.Errorf("got %v", err)
	}
	if jobs := w.MustTruth(t).Jobs; len(jobs) != 0 {
		t.Errorf("%d jobs were written", len(jobs))
	}
}

// TestSkipMissingSecrets checks SkipMissingSecrets: a job without its secret is not written, all
// others are, and each missing secret is reported once.
func TestSkipMissingSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(definitions(job("secretive", "echo before", secret("token", "TOKEN"))))
	head := definitions(
		job("plain", "x"),
		job("secretive", "echo after", secret("token", "TOKEN")),
		job("secretive-too", "x", secret("token", "TOKEN"), secret("more", "MORE")),
	)
	plan := w.plan(head, nil, nil)
	report := w.apply(plan, apply.Options{SkipMissingSecrets: true})
	for address, want := range map[string]apply.Outcome{
		"shop/job/plain": apply.Applied, "shop/job/secretive-too": apply.Failed,
	} {
		if got := result(t, report, address, diff.ActionCreate); got.Outcome != want {
			t.Errorf("%s ended %s, want %s", address, got.Outcome, want)
		}
	}
	if got := result(t, report, "shop/job/secretive", diff.ActionUpdate); got.Outcome != apply.Failed || !strings.Contains(got.Message, "BUILDSYNC_SECRET_TOKEN") {
		t.Errorf("ended %s: %s", got.Outcome, got.Message)
	}
	if len(report.Warnings) != 2 || !strings.Contains(report.Warnings[1], "shop/job/secretive, shop/job/secretive-too") {
		t.Errorf("warnings %q", report.Warnings)
	}
	stored := w.MustTruth(t).Named(emulator.DefaultProject, "secretive")[0]
	w.checkSecrets(stored)
	if command(t, stored) != "echo before" {
		t.Error("the job was written")
	}
}

// TestWriteSecret checks that a secret, which cannot be compared, is written only on demand.
func TestWriteSecret(t *testing.T) {
	t.Parallel()
	for profile, quirks := range profiles() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, quirks)
			head := definitions(job("secretive", "x", secret("token", "TOKEN")))
			w.converge(head)
			w.settle()
			if plan := w.plan(head, nil, nil); plan.HasChanges() {
				t.Errorf("a secret that did not change is a change:\n%s", describePlan(plan))
			}
			w.ResetCalls()
			plan := w.plan(head, nil, func(in *apply.PlanInput) { in.Options.WriteSecrets = []string{"TOKEN"} })
			report := w.apply(plan, apply.Options{Secrets: rotated{}})
			if !report.Complete() || w.ops("UpdateJob") != 1 {
				t.Fatalf("%d updates:\n%s", w.ops("UpdateJob"), describe(report))
			}
			body := string(w.MustTruth(t).Jobs[0].Body.AppendJSON(nil))
			if !strings.Contains(body, "rotated-TOKEN") || strings.Contains(body, secretValue("TOKEN")) {
				t.Error("the new value is not stored")
			}
		})
	}
}

type rotated struct{}

func (rotated) Resolve(name string) (string, error) { return "rotated-" + name, nil }
