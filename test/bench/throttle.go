package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// throttle measures a plan of jobs in step on servers that allow so many calls a
// second or a minute, beside the time that the limit allows. A run starts with
// what the ones before it learned of the endpoint, as a second run of a user does;
// the first run of each row starts with nothing.
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
		every         time.Duration
		burst         int
		overAll       bool // not of each route
	}{
		{"10 a second, Retry-After", "default,throttle-second", time.Second / 10, 10, true},
		{"10 a second, no hint", "default,throttle-second,throttle-no-hint", time.Second / 10, 10, true},
		{"10 a second, 500 in place of 429", "default,throttle-second,throttle-500", time.Second / 10, 10, true},
		{"50 a minute and route, Retry-After", "default,throttle-minute", time.Minute / 50, 50, false},
		{"50 a minute and route, no hint", "default,throttle-minute,throttle-no-hint", time.Minute / 50, 50, false},
	} {
		if err := b.throttled(out, dir, data, limit.words, limit.quirks, func(all, busiest int) time.Duration {
			calls := busiest
			if limit.overAll {
				calls = all
			}
			return time.Duration(max(0, calls-limit.burst)) * limit.every
		}); err != nil {
			return err
		}
	}
	fmt.Printf("plan of %d jobs in step, 20 ms of latency, default flags.\n\n", n)
	out.print()
	return nil
}

// throttled measures two plans in a row on one server. allowed is the time within
// which the limit lets so many calls through: all, and those of the busiest route.
func (b *bench) throttled(out *table, dir, data, words, quirks string, allowed func(all, busiest int) time.Duration) (err error) {
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
