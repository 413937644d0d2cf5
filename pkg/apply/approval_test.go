package apply_test

import (
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
)

func TestApprovalOfAStoredPlan(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	id := "sha256:" + strings.Repeat("0123", 16)
	for name, tc := range map[string]struct {
		change func(p *diff.Plan)
		id     string
		at     time.Time
		most   time.Duration
		want   string // "" allows it
	}{
		"young enough":            {at: made.Add(time.Hour), most: time.Hour},
		"a second too old":        {at: made.Add(time.Hour + time.Second), most: time.Hour, want: "longer ago than"},
		"of any age":              {at: made.Add(1000 * time.Hour)},
		"of a clock that is fast": {at: made.Add(-5 * time.Minute), most: time.Hour},
		"from the future":         {at: made.Add(-5*time.Minute - time.Second), most: time.Hour, want: "one of the clocks is wrong"},
		"without a time":          {at: made, most: time.Hour, change: func(p *diff.Plan) { p.CreatedAt = time.Time{} }, want: "does not say when"},
		"under its id":            {at: made, id: id[:len("sha256:")+12]},
		"under another id":        {at: made, id: "sha256:ffffffffffff", want: "not sha256:ffffffffffff"},
		"of another format":       {at: made, change: func(p *diff.Plan) { p.FormatVersion = "0.1" }, want: "of format 0.1"},
	} {
		plan := &diff.Plan{FormatVersion: diff.FormatVersion, PlanID: id, CreatedAt: made}
		if tc.change != nil {
			tc.change(plan)
		}
		err := apply.Approval{ID: tc.id, Plan: plan}.CheckStored(tc.at, tc.most)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func TestApprovalByID(t *testing.T) {
	t.Parallel()
	plan := &diff.Plan{PlanID: "sha256:0123456789abcdef", Refusals: []diff.Refusal{{Rule: "empty"}}}
	if err := (apply.Approval{}).Check(plan); err != nil {
		t.Errorf("nothing was approved: %v", err)
	}
	if err := (apply.Approval{ID: "sha256:0123456789ab"}).Check(plan); err != nil {
		t.Errorf("the beginning of its id: %v", err)
	}
	if err := (apply.Approval{ID: "sha256:0123456789ac"}).Check(plan); err == nil {
		t.Error("another id approves it")
	}
	if err := (apply.Approval{ID: "sha256:0123456789ac"}).Check(&diff.Plan{PlanID: "sha256:99"}); err != nil {
		t.Errorf("nothing is left to do: %v", err)
	}
	const begin = "sha256:0123456789ab"
	for text, want := range map[string]string{
		begin: begin, begin + "…": begin, begin + "...": begin, // as displays shorten it
		"sha256:0123456789a": "", "sha256:0123456789a…": "", "0123456789ab": "", "sha256:0123456789aB": "", begin + "…c": "", "…": "", "": "",
	} {
		if id, ok := apply.PlanIDOf(text); ok != (want != "") || ok && id != want {
			t.Errorf("PlanIDOf(%q) is %q, %t", text, id, ok)
		}
	}
}
