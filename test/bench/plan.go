package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	latency = 20 * time.Millisecond
	// sideBySide is the number of requests in flight at the start of a run. The bar for its time
	// assumes it; the commands run with their default flags.
	sideBySide = 8
)

// plan measures apply of new jobs, then plan of the same jobs in step, then plan of a few changed
// jobs, with a latency.
func (b *bench) plan() error {
	n := b.count(1000)
	dir := filepath.Join(b.dir, "shop")
	if err := b.repository(dir, n); err != nil {
		return err
	}
	server, err := b.serve(b.dir, "--data", "", "--latency", latency.String())
	if err != nil {
		return err
	}
	out := newTable("command", "requests", "wall", "× requests × latency ÷ 8", "CPU", "peak memory")
	err = b.planInto(out, server, dir, n)
	cost, stopErr := server.stop()
	if err != nil {
		return err
	}
	if stopErr != nil {
		return stopErr
	}
	fmt.Printf("%d jobs, %s of latency, default flags; the emulator took %s of CPU for all of it.\n\n", n, latency, milliseconds(cost.cpu))
	out.print()
	return nil
}

func (b *bench) planInto(out *table, server *server, dir string, n int) error {
	creates := b.talk(server, dir, "apply", "--yes")
	creates.name = fmt.Sprintf("`apply` of %d creates", n)
	if err := b.requests(out, server, creates, 1); err != nil {
		return err
	}
	inStep := b.talk(server, dir, "plan")
	inStep.name = "`plan`, all in step"
	if err := b.requests(out, server, inStep, b.times(3)); err != nil {
		return err
	}
	if b.naive != "" {
		naive := command{name: "client made with the official SDK: list and read", dir: dir, env: server.env, args: []string{b.naive, project}}
		if err := b.requests(out, server, naive, b.times(3)); err != nil {
			return err
		}
	}
	if err := b.change(dir, 5, n); err != nil {
		return err
	}
	changed := b.talk(server, dir, "plan", "--base", "HEAD~1", "--changed")
	changed.name = "`plan --changed`, 5 changed"
	return b.requests(out, server, changed, b.times(3))
}

// talk returns a command that calls an emulator.
func (b *bench) talk(server *server, dir string, args ...string) command {
	return command{dir: dir, env: server.env, args: append([]string{b.buildsync}, args...)}
}

// requests measures one command and counts its requests.
func (b *bench) requests(out *table, server *server, c command, times int) error {
	c.before = func() error { return server.forget(b.ctx) }
	medians, err := b.compare(times, c)
	if err != nil {
		return err
	}
	calls, err := server.calls(b.ctx)
	if err != nil {
		return err
	}
	var parts []string
	for _, op := range slices.Sorted(maps.Keys(calls)) {
		if op != "" {
			parts = append(parts, fmt.Sprintf("%d %s", calls[op], op))
		}
	}
	m := medians[0]
	ideal := time.Duration(calls[""]) * latency / sideBySide
	out.add(c.name, fmt.Sprintf("%d (%s)", calls[""], strings.Join(parts, ", ")), milliseconds(m.wall), ratio(m.wall, ideal), milliseconds(m.cpu), mebibytes(m.rss))
	return nil
}

// repository creates a workspace in a Git repository.
func (b *bench) repository(dir string, n int) error {
	if err := definitions(dir, n); err != nil {
		return err
	}
	if err := b.git(dir, "init", "--quiet"); err != nil {
		return err
	}
	return b.commit(dir, "first")
}

// change edits some definitions and commits them.
func (b *bench) change(dir string, count, n int) error {
	for i := range count {
		name := definitionFile(dir, i*(n/count))
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := write(name, strings.ReplaceAll(string(text), "mvn -B site", "mvn -B site deploy")); err != nil {
			return err
		}
	}
	return b.commit(dir, "second")
}

// changeAll edits the variable that all definitions use, and commits.
func (b *bench) changeAll(dir string) error {
	name := filepath.Join(dir, "buildsync.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := write(name, strings.ReplaceAll(string(text), "maven3.9.5", "maven3.9.9")); err != nil {
		return err
	}
	return b.commit(dir, "all")
}

func (b *bench) commit(dir, message string) error {
	if err := b.git(dir, "add", "."); err != nil {
		return err
	}
	return b.git(dir, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "--quiet", "--message", message)
}

func (b *bench) git(dir string, args ...string) error {
	_, _, err := b.once(command{dir: dir, args: append([]string{"git"}, args...)})
	return err
}
