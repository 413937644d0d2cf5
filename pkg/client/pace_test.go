package client

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPaceIsTold: a client that is refused says for how long, then which pace it
// keeps to, and nothing where nothing holds it back.
func TestPaceIsTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rate  float64
		paces map[string]float64
		limit *limitedServer
		want  func(Pace) bool
	}{
		"nothing":                 {limit: &limitedServer{}, want: func(p Pace) bool { return p == Pace{} }},
		"--rate":                  {rate: 60, limit: &limitedServer{}, want: func(p Pace) bool { return p.Asked && p.PerSecond == 1 }},
		"learned":                 {limit: &limitedServer{most: 10, window: 10 * time.Second}, want: func(p Pace) bool { return !p.Asked && p.PerSecond >= paceFloor && p.PerSecond <= 10 }},
		"of an earlier run":       {paces: map[string]float64{"all calls": 2}, limit: &limitedServer{}, want: func(p Pace) bool { return !p.Asked && p.PerSecond > 1.9 && p.PerSecond < 2.2 }},
		"of a kind not called":    {paces: map[string]float64{"ListJobs": 0.2}, limit: &limitedServer{}, want: func(p Pace) bool { return p == Pace{} }},
		"the slower one of two":   {rate: 30, paces: map[string]float64{"all calls": 2}, limit: &limitedServer{}, want: func(p Pace) bool { return p.Asked && p.PerSecond == 0.5 }},
		"refused and not learned": {limit: &limitedServer{most: 10, window: time.Hour}, want: func(p Pace) bool { return p.Refused > time.Minute }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := Config{Credentials: Credentials{Token: "t"}, Rate: test.rate, Paces: test.paces}
				if err := cfg.complete(); err != nil {
					t.Fatal(err)
				}
				stats, g := newRecorder(), newGovernor(&cfg)
				send := withRetry(withRate(test.limit.send, g, stats), newRetries(&cfg), stats)
				for range 30 {
					_, _ = send(t.Context(), &call{op: "QueryJob", repeat: repeatRead}) // one that is given up is the case of an hour
				}
				if pace := g.pace(); !test.want(pace) {
					t.Errorf("%+v", pace)
				}
			})
		})
	}
}
