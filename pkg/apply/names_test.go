package apply_test

import (
	"errors"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestCheckNames checks that a selecting or approving name without a match is a mistake.
func TestCheckNames(t *testing.T) {
	t.Parallel()
	head := definitions(job("pay-api", "x", secret("token", "TOKEN")))
	head.Removals = []compile.Removal{{Job: "old-cron", Address: "shop/job/old-cron"}}
	base := definitions(job("gone", "x", secret("gone", "GONE")))
	for name, test := range map[string]struct {
		only, secrets []string
		word, near    string
	}{
		"nothing asked for":             {},
		"a name":                        {only: []string{"pay-api"}},
		"a pattern":                     {only: []string{"pay-*"}},
		"removed since the base":        {only: []string{"gone"}},
		"listed as removed":             {only: []string{"old-cron"}},
		"a typing error":                {only: []string{"pay-api", "pay-apu"}, word: "pay-apu", near: "pay-api"},
		"another letter case":           {only: []string{"PAY-API"}, word: "PAY-API", near: "pay-api"},
		"a pattern that matches none":   {only: []string{"zz*"}, word: "zz*"},
		"a secret":                      {secrets: []string{"TOKEN"}},
		"every secret":                  {secrets: []string{"all"}},
		"a secret's typing error":       {secrets: []string{"TOKN"}, word: "TOKN", near: "TOKEN"},
		"a secret that only base knows": {secrets: []string{"GONE"}, word: "GONE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := apply.PlanInput{Scope: apply.Scope{Selection: compile.Selection{Only: test.only}}}
			in.Head, in.Base, in.Options.WriteSecrets = head, base, test.secrets
			err := in.CheckNames()
			var unknown *spec.UnknownNameError
			switch {
			case test.word == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case test.word != "" && (!errors.As(err, &unknown) || unknown.Word != test.word || unknown.Near != test.near):
				t.Errorf("got %v, want %q with %q", err, test.word, test.near)
			}
		})
	}
}
