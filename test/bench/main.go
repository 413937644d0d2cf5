// Command bench measures start-up, lint, plan, apply and the emulator. It runs the real binary on
// workspaces that it creates. The targets bench-* of the Makefile call it; docs/benchmarks.md holds
// its results.
//
// Figures are medians. Runs alternate with the runs that they are compared to, so that a busy
// machine slows both. CPU is the user and system time of the process. No figure fails the command:
// it is not a test.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

// bench is one run of the command.
type bench struct {
	ctx        context.Context
	buildsync  string // path of the binary
	actionlint string // path of the binary, "" to leave the comparison out
	naive      string // path of the client made with the official SDK, "" to leave the comparison out
	tofu       string // path of OpenTofu, for the comparison with peers
	provider   string // path of the vendor's provider for it
	jobs       int
	runs       int
	dir        string // for workspaces; removed at the end
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	b := &bench{ctx: ctx}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&b.buildsync, "buildsync", "dist/buildsync", "measure this `binary`")
	flags.StringVar(&b.actionlint, "actionlint", "", "compare with this `binary`")
	flags.StringVar(&b.naive, "naive", "", "compare with this `binary`, a client made with the official SDK")
	flags.StringVar(&b.tofu, "tofu", "", "compare with this `binary`, OpenTofu")
	flags.StringVar(&b.provider, "provider", "", "the `binary` of the vendor's provider for OpenTofu")
	flags.IntVar(&b.jobs, "jobs", 0, "make so many definitions; 0 for what the bar says")
	flags.IntVar(&b.runs, "runs", 0, "take the median of so many runs; 0 for what suits the measurement")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: bench [flags] cli | lint | policy | bulk | plan | peers | throttle | scale | emulator")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	suites := map[string]func(*bench) error{
		"cli": (*bench).cli, "lint": (*bench).lint, "policy": (*bench).policy, "bulk": (*bench).bulk,
		"plan": (*bench).plan, "peers": (*bench).peers, "throttle": (*bench).throttle, "scale": (*bench).scale, "emulator": (*bench).emulator,
	}
	suite := suites[flags.Arg(0)]
	if suite == nil || flags.NArg() != 1 {
		flags.Usage()
		return fmt.Errorf("name one thing to measure")
	}
	for _, path := range []*string{&b.buildsync, &b.actionlint, &b.naive, &b.tofu, &b.provider} {
		if *path == "" {
			continue
		}
		if *path, err = exec.LookPath(*path); err != nil {
			return err
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if b.dir, err = os.MkdirTemp("", "buildsync-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	return suite(b)
}

// count returns the number of jobs to measure with.
func (b *bench) count(usual int) int {
	if b.jobs > 0 {
		return b.jobs
	}
	return usual
}

// times returns the number of runs to take the median of.
func (b *bench) times(usual int) int {
	if b.runs > 0 {
		return b.runs
	}
	return usual
}
