package main

import (
	"fmt"
	"path/filepath"
)

// scale measures how plan and apply grow from a tenth of the jobs to all of them, without latency.
// An edit of a variable that all jobs use changes every job.
func (b *bench) scale() error {
	n := b.count(10_000)
	out := newTable("command", "jobs", "CPU", "× a tenth of the jobs", "wall", "peak memory")
	var small []sample
	for _, jobs := range []int{n / 10, n} {
		samples, err := b.applyAndPlan(jobs)
		if err != nil {
			return err
		}
		for i, name := range []string{"`apply`, all new", "`plan`, all in step", "`plan`, every job changed", "the same, `--format json`"} {
			growth := "1"
			if small != nil {
				growth = ratio(samples[i].cpu, small[i].cpu)
			}
			out.add(name, fmt.Sprint(jobs), milliseconds(samples[i].cpu), growth, milliseconds(samples[i].wall), mebibytes(samples[i].rss))
		}
		small = samples
	}
	fmt.Print("Default flags, no latency.\n\n")
	out.print()
	return nil
}

// applyAndPlan measures creating jobs, planning them in step, and planning them changed.
func (b *bench) applyAndPlan(jobs int) (samples []sample, err error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("shop-%d", jobs))
	if err := b.repository(dir, jobs); err != nil {
		return nil, err
	}
	server, err := b.serve(b.dir, "--data", "")
	if err != nil {
		return nil, err
	}
	defer func() {
		if _, stopErr := server.stop(); err == nil {
			err = stopErr
		}
	}()
	for i, c := range []command{b.talk(server, dir, "apply", "--yes"), b.talk(server, dir, "plan")} {
		times := 1
		if i > 0 {
			times = b.times(3)
		}
		medians, err := b.compare(times, c)
		if err != nil {
			return nil, err
		}
		samples = append(samples, medians...)
	}
	if err := b.changeAll(dir); err != nil {
		return nil, err
	}
	for _, c := range []command{b.talk(server, dir, "plan"), b.talk(server, dir, "plan", "--format", "json")} {
		medians, err := b.compare(b.times(3), c)
		if err != nil {
			return nil, err
		}
		samples = append(samples, medians...)
	}
	return samples, nil
}
