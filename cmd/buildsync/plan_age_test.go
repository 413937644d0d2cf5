package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/diff/render"
)

// TestPlanAge checks that a stored plan is applied only within its age. A plan from the future is
// refused, because a clock is wrong. Clocks may differ by five minutes.
func TestPlanAge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		age  time.Duration
		args []string
		code int
		says string
	}{
		"of now":               {0, nil, exitDone, "applied"},
		"of a day":             {25 * time.Hour, nil, exitStale, "longer ago than --max-plan-age 24h"},
		"of a day, allowed":    {25 * time.Hour, []string{"--max-plan-age", "72h"}, exitDone, "applied"},
		"of any age":           {9999 * time.Hour, []string{"--max-plan-age", "0"}, exitDone, "applied"},
		"from a clock ahead":   {-time.Minute, nil, exitDone, "applied"},
		"from the future":      {-time.Hour, nil, exitStale, "in the future here: one of the clocks is wrong"},
		"from the far future":  {-9999 * time.Hour, []string{"--max-plan-age", "72h"}, exitStale, "in the future"},
		"from the future, any": {-time.Hour, []string{"--max-plan-age", "0"}, exitDone, "applied"},
		"of more than an hour": {90 * time.Minute, []string{"--max-plan-age", "1h"}, exitStale, "longer ago than --max-plan-age 1h"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if err := os.MkdirAll(filepath.Join(r.dir, "jobs"), 0o700); err != nil {
				t.Fatal(err)
			}
			job := "version: 1\njobs:\n  - {name: new, arch: x86-64, steps: [{sh: {name: s, inputs: {command: make}}}]}\n"
			if err := os.WriteFile(filepath.Join(r.dir, "jobs", "new.yaml"), []byte(job), 0o600); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(r.dir, "plan.json")
			r.expect(exitDone, "plan", "--out", file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := render.Read(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			plan.CreatedAt = time.Now().Add(-c.age).UTC()
			var out bytes.Buffer
			if err := render.JSON(&out, plan); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			r.says(c.code, c.says, append([]string{"apply", "--yes", file}, c.args...)...)
		})
	}
}
