package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// throttle measures a plan of jobs in step on servers with a limit of calls for each second or
// minute, next to the time that the limit allows. Each run starts with the pace that earlier runs
// have learned, as a user's second run does. The first run of each row starts without.
func (b *bench) throttle() error {
	n := b.count(150)
	dir := filepath.Join(b.dir, "shop")
	if err := b.repository(dir, n); err != nil {
		return err
	}
	data := filepath.Join(b.dir, "emulator.json")
	server, err := b.serve(b.dir, "--data", data)
	if err != nil {
		return err
	}
	_, _, err = b.once(b.talk(server, dir, "apply", "--yes", "--base", "none"))
	if _, stopErr := server.stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return err
	}
	out := newTable("the server allows", "run", "calls", "refused", "share", "wall", "× what the limit allows")
	for _, limit := range []struct {
		words, quirks string
		window        time.Duration
		calls         int  // calls that the server answers in one window
		overAll       bool // the limit is for all routes together
	}{
		{"10 a second, Retry-After", "default,throttle-second", time.Second, 10, true},
		{"10 a second, no hint", "default,throttle-second,throttle-no-hint", time.Second, 10, true},
		{"10 a second, 500 in place of 429", "default,throttle-second,throttle-500", time.Second, 10, true},
		{"50 a minute and route, Retry-After", "default,throttle-minute", time.Minute, 50, false},
		{"50 a minute and route, no hint", "default,throttle-minute,throttle-no-hint", time.Minute, 50, false},
	} {
		if err := b.throttled(out, dir, data, limit.words, limit.quirks, limit.window, func(all, busiest int) time.Duration {
			calls := busiest
			if limit.overAll {
				calls = all
			}
			return time.Duration((calls-1)/limit.calls) * limit.window
		}); err != nil {
			return err
		}
	}
	fmt.Printf("plan of %d jobs in step, 20 ms of latency, default flags.\n\n", n)
	out.print()
	return nil
}

// throttled measures two plans in a row on one server. Each starts after a full window of the
// limit, so that it does not pay for earlier runs. allowed is the shortest time that the limit
// leaves for that many calls, over all and on the busiest route.
func (b *bench) throttled(out *table, dir, data, words, quirks string, window time.Duration, allowed func(all, busiest int) time.Duration) (err error) {
	server, err := b.serve(b.dir, "--data", data, "--latency", latency.String(), "--quirks", quirks)
	if err != nil {
		return err
	}
	defer func() {
		if _, stopErr := server.stop(); err == nil {
			err = stopErr
		}
	}()
	plan := b.talk(server, dir, "plan", "--base", "none")
	for _, run := range []string{"first", "second"} {
		if err := server.forget(b.ctx); err != nil {
			return err
		}
		if err := b.until(time.Now().Truncate(window).Add(window)); err != nil {
			return err
		}
		s, _, err := b.once(plan)
		if err != nil {
			return err
		}
		text, err := server.control(b.ctx, http.MethodGet)
		if err != nil {
			return err
		}
		var calls []struct {
			Op     string
			Status int
		}
		if err := json.Unmarshal(text, &calls); err != nil {
			return fmt.Errorf("reading the emulator's calls: %w", err)
		}
		refused, answered, busiest := 0, map[string]int{}, 0
		for _, call := range calls {
			if call.Status == http.StatusTooManyRequests || call.Status == http.StatusInternalServerError {
				refused++
				continue
			}
			answered[call.Op]++
			busiest = max(busiest, answered[call.Op])
		}
		out.add(words, run, fmt.Sprint(len(calls)), fmt.Sprint(refused), fmt.Sprintf("%.1f %%", 100*float64(refused)/float64(len(calls))),
			milliseconds(s.wall), ratio(s.wall, allowed(len(calls)-refused, busiest)))
	}
	return nil
}

// until waits for a moment. The emulator's windows begin with the clock's seconds and minutes.
func (b *bench) until(moment time.Time) error {
	select {
	case <-time.After(time.Until(moment)):
		return nil
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
}
