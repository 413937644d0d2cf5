package main

import (
	"fmt"
	"path/filepath"
)

// emulator measures how long the emulator takes to start with many stored jobs. The benchmarks of
// pkg/emulator measure single requests.
func (b *bench) emulator() error {
	n := b.count(10_000)
	args := []string{"--data", filepath.Join(b.dir, "emulator.db"), "--seed", fmt.Sprint(n)}
	var starts []sample
	times := b.times(11)
	for i := range times + 1 {
		server, err := b.serve(b.dir, args...)
		if err != nil {
			return err
		}
		cost, err := server.stop()
		if err != nil {
			return err
		}
		if i > 0 { // this run fills the file
			cost.wall = server.started
			starts = append(starts, cost)
		}
	}
	m := median(starts)
	out := newTable("command", "until it serves", "CPU, start and end", "peak memory")
	out.add(fmt.Sprintf("`emulator` with %d jobs stored", n), milliseconds(m.wall), milliseconds(m.cpu), mebibytes(m.rss))
	fmt.Printf("Medians of %d runs.\n\n", times)
	out.print()
	return nil
}
