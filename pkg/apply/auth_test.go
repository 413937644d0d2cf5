package apply_test

import (
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestTokenExpiresInTheMiddle checks that all callers together renew an expired token once.
func TestTokenExpiresInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.client = w.newClient(func(cfg *client.Config) {
		cfg.Credentials = client.Credentials{Password: client.Password{User: w.User, Password: w.Password, Domain: w.Domain, Project: w.Region}}
	})
	head := definitions(job("a", "x"), job("b", "x"), job("c", "x"))
	plan := w.plan(head, nil, nil)
	w.Advance(2 * time.Minute) // a token is renewed at most once a minute
	w.ResetCalls()
	w.MustFail(t, emulator.Fault{Op: "CreateJob", Nth: 2, Kind: emulator.FaultPass, Commit: emulator.CommitFirst, After: func() {
		if err := w.ExpireTokens(); err != nil {
			t.Error(err)
		}
	}})
	report := w.apply(plan, apply.Options{Parallelism: 2})
	if !report.Complete() || w.ops("CreateToken") != 1 {
		t.Errorf("%d token requests:\n%s", w.ops("CreateToken"), describe(report))
	}
	if n := w.count(func(c emulator.Call) bool { return c.Status == 401 }); n == 0 || n > 2 {
		t.Errorf("%d failed authentications, want 1 or 2", n)
	}
}

// TestKeyIsRefused checks that a refused key halts the run before the service locks the key.
func TestKeyIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	plan := w.plan(definitions(job("a", "x"), job("b", "x"), job("c", "x")), nil, nil)
	wrong := w.newClient(func(cfg *client.Config) { cfg.Credentials.Key.Secret = "wrong" })
	w.ResetCalls()
	report := w.applyWith(t.Context(), wrong, plan, apply.Options{})
	if report.Halted == "" || report.Ending() != apply.EndFailed || report.Outcomes[apply.Failed]+report.Outcomes[apply.Skipped] != 3 {
		t.Errorf("ended:\n%s", describe(report))
	}
	if n := len(w.Calls()); n > 2 {
		t.Errorf("%d requests with a refused key, want at most 2", n)
	}
}

// TestShortTokensAreRenewedEarly checks that a token is renewed before it expires, so that no request is
// refused. If tokens expire moments after they are issued, the run ends after one refusal and
// writes nothing.
func TestShortTokensAreRenewedEarly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		life, pause time.Duration
		renewed     bool
	}{
		"an hour, renewed before it ends": {time.Hour, 56 * time.Minute, true},
		"two minutes":                     {2 * time.Minute, 90 * time.Second, true},
		"five seconds":                    {5 * time.Second, 10 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.Strict()
			quirks.TokenLife = test.life
			w := newWorld(t, quirks)
			w.client = w.newClient(func(cfg *client.Config) {
				cfg.Credentials = client.Credentials{Password: client.Password{User: w.User, Password: w.Password, Domain: w.Domain, Project: w.Region}}
			})
			plan := w.plan(definitions(job("a", "x"), job("b", "x"), job("c", "x")), nil, nil)
			w.ResetCalls()
			w.Advance(test.pause)
			report := w.apply(plan, apply.Options{Parallelism: 2})
			refused := w.count(func(c emulator.Call) bool { return c.Status == 401 })
			if test.renewed && (!report.Complete() || refused > 0 || w.ops("CreateToken") != 1) {
				t.Errorf("%d refused, %d token requests:\n%s", refused, w.ops("CreateToken"), describe(report))
			}
			if !test.renewed && (report.Complete() || refused > 2 || len(w.MustTruth(t).Jobs) > 0) {
				t.Errorf("%d refused, %d jobs:\n%s", refused, len(w.MustTruth(t).Jobs), describe(report))
			}
		})
	}
}
