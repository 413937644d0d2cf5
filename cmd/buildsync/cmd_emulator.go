package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/emulatorserver"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) emulatorCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "emulator",
		Usage: "run the CodeArts Build API on this machine",
		Description: about(`Serves every call of the API on loopback until it is interrupted, with the state in one
file. It needs no account: it prints the key to use. A page at its address shows projects,
jobs, builds and the last requests.

The commands that talk to the service start it themselves with --endpoint emulator, on the
same file; it can be used by one process at a time.

Where the real service's behaviour is not public, it is a switch. --quirks takes a profile
(`+strings.Join(emulator.ProfileNames(), ", ")+`) or a list of switches, separated by commas:

`+switchList(),
			"buildsync emulator",
			"buildsync emulator --data '' --seed 300 --quirks hostile --latency 20ms",
			"buildsync emulator --fault 'CreateJob:nth=2,kind=reset-after'"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Usage: "serve on `HOST:PORT`; port 0 takes a free one", Value: "127.0.0.1:8473"},
			&cli.StringFlag{Name: "data", Usage: "keep the state in `FILE`; empty: in memory only", DefaultText: ".buildsync/emulator.db in the workspace"},
			&cli.StringFlag{Name: "quirks", Usage: "behave as a profile or the `LIST` of switches says", Value: "default"},
			&cli.StringFlag{Name: "seed", Usage: "fill an empty store from a `FILE`, or with so many jobs"},
			&cli.DurationFlag{Name: "latency", Usage: "wait `D` before each answer"},
			&cli.IntFlag{Name: "rate", Usage: "answer 429 beyond `N` calls a second", DefaultText: "no limit"},
			&cli.StringSliceFlag{Name: "fault", Usage: "play a fault, `OP:KEY=VALUE,…`, or those of a JSON file, @FILE"},
		},
	}, (*invocation).runEmulator)
}

// switchList is the help text for the single quirks.
func switchList() string {
	var rows [][2]string
	for _, s := range emulator.Switches() {
		rows = append(rows, [2]string{s.Name, s.Doc})
	}
	return kit.Glossary(rows)
}

func (in *invocation) runEmulator() error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	options, err := in.emulatorOptions()
	if err != nil {
		return err
	}
	if in.Set("data") {
		options.Path = in.Text("data")
	} else if options.Path, err = in.defaultEmulatorFile(); err != nil {
		return err
	}
	served, err := emulatorserver.Serve(in.Text("listen"), options)
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

// emulatorOptions reads the flags for the emulator's behaviour.
func (in *invocation) emulatorOptions() (emulator.Options, error) {
	quirks, err := emulator.ParseQuirks(in.Text("quirks"))
	if err != nil {
		return emulator.Options{}, kit.UsageError{Text: "--quirks: " + err.Error()}
	}
	options := emulator.Options{Quirks: &quirks, Latency: in.Duration("latency"), Rate: in.Number("rate")}
	if options.Latency < 0 || options.Rate < 0 {
		return options, kit.UsageError{Text: "--latency and --rate must not be negative"}
	}
	for _, text := range in.Texts("fault") {
		faults, err := faultsOf(text)
		if err != nil {
			return emulator.Options{}, err
		}
		options.Faults = append(options.Faults, faults...)
	}
	seed := in.Text("seed")
	if seed == "" {
		return options, nil
	}
	if count, err := strconv.Atoi(seed); err == nil {
		if count < 0 {
			return options, kit.UsageError{Text: "--seed: the number of jobs must not be negative"}
		}
		options.Seed = emulator.Seed{Jobs: count}
		return options, nil
	}
	content, err := os.ReadFile(seed)
	if err != nil {
		return emulator.Options{}, &failure{exitInvalid, fmt.Errorf("--seed: %w", err)}
	}
	if options.Seed, err = emulator.ParseSeed(content); err != nil {
		return emulator.Options{}, &failure{exitInvalid, fmt.Errorf("--seed %s: %w", seed, err)}
	}
	return options, nil
}

// faultsOf reads a value of --fault: one fault, or @ and the name of a file of
// them.
func faultsOf(text string) ([]emulator.Fault, error) {
	if name, isFile := strings.CutPrefix(text, "@"); isFile {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, &failure{exitInvalid, fmt.Errorf("--fault: %w", err)}
		}
		faults, err := emulator.ParseFaults(content)
		if err != nil {
			return nil, &failure{exitInvalid, fmt.Errorf("--fault %s: %w", text, err)}
		}
		return faults, nil
	}
	fault, err := emulator.ParseFault(text)
	if err != nil {
		return nil, kit.UsageError{Text: "--fault: " + err.Error()}
	}
	return []emulator.Fault{fault}, nil
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
