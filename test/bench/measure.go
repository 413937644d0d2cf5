package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// sample holds the cost of one run of a process.
type sample struct {
	cpu, wall time.Duration
	rss       int64 // peak resident memory in bytes; 0 if the system does not report it
}

// command is a process to measure.
type command struct {
	name string
	dir  string
	env  []string // added to the caller's
	args []string // the program first
	// exits are the accepted exit codes; empty means 0.
	exits []int
	// before runs before each run and is not measured; may be nil.
	before func() error
}

// once runs a command and returns what it wrote to stdout.
func (b *bench) once(c command) (s sample, stdout string, err error) {
	if c.before != nil {
		if err := c.before(); err != nil {
			return sample{}, "", err
		}
	}
	run := exec.CommandContext(b.ctx, c.args[0], c.args[1:]...)
	run.Dir = c.dir
	run.Env = append(os.Environ(), c.env...)
	var out, errOut bytes.Buffer
	run.Stdout, run.Stderr = &out, &errOut
	start := time.Now()
	err = run.Run()
	s.wall = time.Since(start)
	if failed := new(exec.ExitError); errors.As(err, &failed) && slices.Contains(c.exits, failed.ExitCode()) {
		err = nil
	}
	if err != nil {
		return sample{}, "", fmt.Errorf("%s: %w\n%s%s", strings.Join(c.args, " "), err, tail(out.String()), tail(errOut.String()))
	}
	s.cpu = run.ProcessState.UserTime() + run.ProcessState.SystemTime()
	s.rss = peak(run.ProcessState)
	return s, out.String(), nil
}

// tail returns the end of an error's text.
func tail(text string) string { return text[max(0, len(text)-2000):] }

// compare runs the commands in turns, each the given number of times, and returns each command's
// medians.
func (b *bench) compare(times int, commands ...command) ([]sample, error) {
	all := make([][]sample, len(commands))
	for range times {
		for i, c := range commands {
			s, _, err := b.once(c)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], s)
		}
	}
	medians := make([]sample, len(commands))
	for i, samples := range all {
		medians[i] = median(samples)
	}
	return medians, nil
}

func median(samples []sample) sample {
	middle := func(value func(sample) int64) int64 {
		values := make([]int64, len(samples))
		for i, s := range samples {
			values[i] = value(s)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return sample{
		cpu:  time.Duration(middle(func(s sample) int64 { return int64(s.cpu) })),
		wall: time.Duration(middle(func(s sample) int64 { return int64(s.wall) })),
		rss:  middle(func(s sample) int64 { return s.rss }),
	}
}
