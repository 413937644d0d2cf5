package client

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestPaceIsTold checks that a refused client reports for how long, then its new pace. Without a
// refusal it reports nothing.
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
				stats, g := newTally(), newGovernor(&cfg)
				send := withRetry(withRate(test.limit.send, g, stats), newRetries(&cfg), stats)
				for range 30 {
					_, _ = send(t.Context(), &call{op: "QueryJob", repeat: repeatRead}) // a kind that is given up waits an hour
				}
				if pace := g.pace(); !test.want(pace) {
					t.Errorf("%+v", pace)
				}
			})
		})
	}
}

// TestWaitingIsCountedOnTheClock checks that calls that wait at the same time count as one wait.
// Their sum was hours in a run of minutes.
func TestWaitingIsCountedOnTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Credentials: Credentials{Token: "t"}, Rate: 60}
		if err := cfg.complete(); err != nil {
			t.Fatal(err)
		}
		stats, g := newTally(), newGovernor(&cfg)
		send := withRate((&limitedServer{}).send, g, stats)
		began := time.Now()
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() { _, _ = send(t.Context(), &call{op: "QueryJob", repeat: repeatRead}) })
		}
		calls.Wait()
		took, waited := time.Since(began), stats.snapshot().Queued
		if took < 18*time.Second || waited > took || waited < took/2 {
			t.Errorf("waited %s of %s", waited, took)
		}
	})
}
