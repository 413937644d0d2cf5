package main

import (
	"fmt"
	"path/filepath"
)

// bulk measures query and set over many definitions, next to `compile`, which compiles and prints
// them. Set runs with --dry-run, so that each run finds the same files.
func (b *bench) bulk() error {
	n := b.count(10_000)
	dir := filepath.Join(b.dir, "definitions")
	if err := definitions(dir, n); err != nil {
		return err
	}
	of := func(name string, args ...string) command {
		return command{name: name, dir: dir, args: append([]string{b.buildsync}, args...)}
	}
	commands := []command{
		of("`buildsync compile`", "compile"),
		of("`query 'steps[*].image'`", "query", "steps[*].image=*maven3.9*"),
		of("the same, `--by source`", "query", "steps[*].image=*maven3.9*", "--by", "source"),
		of("`set`, one shared place", "set", "--dry-run", "steps[*].image", "cloudbuild@maven3.9.9-jdk21", "--where", "steps[*].image=*maven3.9*"),
		of("`set`, a place in each file", "set", "--dry-run", "timeout", "2h"),
	}
	times := b.times(3)
	medians, err := b.compare(times, commands...)
	if err != nil {
		return err
	}
	out := newTable("command", "CPU", "of compile", "wall", "peak memory")
	for i, c := range commands {
		out.add(c.name, milliseconds(medians[i].cpu), ratio(medians[i].cpu, medians[0].cpu), milliseconds(medians[i].wall), mebibytes(medians[i].rss))
	}
	fmt.Printf("%d jobs, one file each, medians of %d runs in turns.\n\n", n, times)
	out.print()
	return nil
}
