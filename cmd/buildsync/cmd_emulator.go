package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/emulatorserver"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type emulatorOptions struct {
	listen, data string
	behaviour    emulatorserver.Behaviour
	faults       cli.StringSlice
}

func (p *program) emulatorCommand() *cli.Command {
	var o emulatorOptions
	return p.command(&cli.Command{
		Name:  "emulator",
		Usage: "run the CodeArts Build API on this machine",
		Description: about(`Serves every call of the API on loopback until it is interrupted, with the state in one
file. It needs no account: it prints the key to use. A page at its address shows projects,
jobs, builds and the last requests.

The commands that talk to the service start it themselves with --endpoint emulator, on the
same file; it can be used by one process at a time.

If the real service's behaviour is not public, a switch chooses it. --quirks takes a profile
(`+strings.Join(emulator.ProfileNames(), ", ")+`) or a list of switches, separated by commas:

`+switchList(),
			"buildsync emulator",
			"buildsync emulator --data '' --seed 300 --quirks hostile --latency 20ms",
			"buildsync emulator --fault 'CreateJob:nth=2,kind=reset-after'"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Destination: &o.listen, Usage: "serve on `HOST:PORT`; port 0 takes a free one", Value: "127.0.0.1:8473"},
			&cli.StringFlag{Name: "data", Destination: &o.data, Usage: "keep the state in `FILE`; empty: in memory only", DefaultText: ".buildsync/emulator.db in the workspace"},
			&cli.StringFlag{Name: "quirks", Destination: &o.behaviour.Quirks, Usage: "behave as a profile or the `LIST` of switches says", Value: "default"},
			&cli.StringFlag{Name: "seed", Destination: &o.behaviour.Seed, Usage: "fill an empty store from a `FILE`, or with so many jobs"},
			&cli.DurationFlag{Name: "latency", Destination: &o.behaviour.Latency, Usage: "wait `D` before each answer"},
			&cli.IntFlag{Name: "rate", Destination: &o.behaviour.Rate, Usage: "answer 429 beyond `N` calls a second", DefaultText: "no limit"},
			&cli.StringSliceFlag{Name: "fault", Destination: &o.faults, Usage: "play a fault, `OP:KEY=VALUE,…`, or those of a JSON file, @FILE"},
		},
	}, func(in *invocation) error { return in.runEmulator(&o) })
}

// switchList returns the help text for the single quirks.
func switchList() string {
	var rows [][2]string
	for _, s := range emulator.Switches() {
		rows = append(rows, [2]string{s.Name, s.Doc})
	}
	return kit.Glossary(rows)
}

func (in *invocation) runEmulator(o *emulatorOptions) error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	o.behaviour.Faults = o.faults.Value()
	options, err := o.behaviour.Options()
	var flag *emulatorserver.FlagError
	switch {
	case errors.As(err, &flag) && flag.File:
		return &failure{exitInvalid, err}
	case err != nil:
		return kit.UsageError{Text: err.Error()}
	case in.Set("data"):
		options.Path = o.data
	default:
		if options.Path, err = in.defaultEmulatorFile(); err != nil {
			return err
		}
	}
	served, err := emulatorserver.Serve(o.listen, options)
	if errors.As(err, new(*emulatorserver.AddressError)) {
		return kit.UsageError{Text: "--listen " + err.Error()}
	}
	if errors.As(err, new(*emulatorserver.BusyError)) {
		return fmt.Errorf("%w; another --listen HOST:PORT may be free", err)
	}
	if err != nil {
		return err
	}
	state := "in memory, gone when it ends"
	if options.Path != "" {
		state = options.Path
	}
	in.Printf("The emulator serves %s. State: %s.\n\n", served.Url, state)
	if _, err := fmt.Fprintf(in.Stdout, "export BUILDSYNC_ENDPOINT=%s\nexport HUAWEICLOUD_SDK_AK=%s\nexport HUAWEICLOUD_SDK_SK=%s\n",
		served.Url, emulator.DefaultAccessKey, emulator.DefaultSecretKey); err != nil {
		return err
	}
	in.Printf("\nIts key works only with this emulator. Ctrl-C ends it.\n")
	select {
	case <-in.Ctx.Done():
		in.Printf("The emulator has ended.\n")
		return served.Close()
	case err := <-served.Failed:
		return errors.Join(fmt.Errorf("the emulator stopped serving: %w", err), served.Close())
	}
}

// defaultEmulatorFile is .buildsync/emulator.db in the workspace, or in the
// current folder where there is no workspace.
func (in *invocation) defaultEmulatorFile() (string, error) {
	if file := in.global.emulatorData; file != "" {
		return file, nil
	}
	dir, err := in.findWorkspace()
	if err != nil {
		dir = "."
	}
	return workspace.StateFile(dir, "emulator.db")
}
