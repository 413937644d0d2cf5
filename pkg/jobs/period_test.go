package jobs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/jobs"
)

func TestParsePeriod(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 9, 20, 0, 0, 0, time.UTC) // the 10th where the service counts
	for _, tc := range []struct{ from, to, want string }{
		{"", "", "2026-02-08 2026-03-10"},
		{"2026-03-01", "", "2026-03-01 2026-03-10"},
		{"", "2026-01-31", "2026-01-01 2026-01-31"},
		{"2026-01-31", "2026-01-31", "2026-01-31 2026-01-31"},
		{"2026-01-01", "2026-01-31", "2026-01-01 2026-01-31"},
		{"2026-01-01", "2026-02-01", "31 days; the service answers for at most 30"},
		{"2026-01-02", "2026-01-01", "2026-01-02 is after"},
		{"2026-02-30", "", `"2026-02-30" is not a day`},
		{"", "yesterday", `"yesterday" is not a day`},
	} {
		period, err := jobs.ParsePeriod(tc.from, tc.to, now)
		got := period.From.Format(time.DateOnly) + " " + period.To.Format(time.DateOnly)
		if err != nil {
			got = err.Error()
		}
		if got != tc.want && (err == nil || !strings.Contains(got, tc.want)) {
			t.Errorf("%q to %q: %s, want %s", tc.from, tc.to, got, tc.want)
		}
	}
}
