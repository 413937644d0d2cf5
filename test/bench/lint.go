package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// lint measures cold and warm lint of many definitions, next to actionlint on as many workflows of
// as many lines.
func (b *bench) lint() error {
	n := b.count(10_000)
	dir := filepath.Join(b.dir, "definitions")
	if err := definitions(dir, n); err != nil {
		return err
	}
	alone := []string{"BUILDSYNC_SHELLCHECK=off"} // as actionlint is run
	commands := []command{
		{name: "`buildsync lint`, cold", dir: dir, env: alone, args: []string{b.buildsync, "lint"}, before: func() error {
			return os.RemoveAll(filepath.Join(dir, ".buildsync"))
		}},
		{name: "`buildsync lint`, warm", dir: dir, env: alone, args: []string{b.buildsync, "lint"}},
	}
	if b.actionlint != "" {
		repository := filepath.Join(b.dir, "workflows")
		if err := workflows(repository, n); err != nil {
			return err
		}
		commands = append(commands, b.actionlintOn(repository))
	}
	times := b.times(3)
	medians, err := b.compare(times, commands...)
	if err != nil {
		return err
	}
	out := newTable("command", "CPU", "of cold", "wall", "peak memory")
	for i, c := range commands {
		out.add(c.name, milliseconds(medians[i].cpu), ratio(medians[i].cpu, medians[0].cpu), milliseconds(medians[i].wall), mebibytes(medians[i].rss))
	}
	fmt.Printf("%d files of 60 lines each, medians of %d runs in turns.\n\n", n, times)
	out.print()
	return nil
}
