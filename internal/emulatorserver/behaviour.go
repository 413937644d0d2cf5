package emulatorserver

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// Behaviour is how the emulator was asked to behave, in the words of the command line.
type Behaviour struct {
	Quirks  string // a profile, or a list of switches
	Seed    string // the name of a file, or a number of jobs
	Latency time.Duration
	Rate    int      // calls a second; 0: no limit
	Faults  []string // OP:KEY=VALUE,…, or @ and the name of a file
}

// FlagError is a value that the emulator does not take.
type FlagError struct {
	Flag string
	Err  error
	File bool // the error is about a file that the value names
}

func (e *FlagError) Error() string { return "--" + e.Flag + ": " + e.Err.Error() }
func (e *FlagError) Unwrap() error { return e.Err }

// Options reads the words. An error is a *FlagError.
func (b *Behaviour) Options() (emulator.Options, error) {
	quirks, err := emulator.ParseQuirks(b.Quirks)
	if err != nil {
		return emulator.Options{}, &FlagError{Flag: "quirks", Err: err}
	}
	options := emulator.Options{Quirks: &quirks, Latency: b.Latency, Rate: b.Rate}
	for _, text := range b.Faults {
		faults, err := ParseFaults(text)
		if err != nil {
			return options, err
		}
		options.Faults = append(options.Faults, faults...)
	}
	options.Seed, err = parseSeed(b.Seed)
	return options, err
}

func parseSeed(text string) (emulator.Seed, error) {
	if text == "" {
		return emulator.Seed{}, nil
	}
	if count, err := strconv.Atoi(text); err == nil {
		if count < 0 {
			return emulator.Seed{}, &FlagError{Flag: "seed", Err: errors.New("the number of jobs must not be negative")}
		}
		return emulator.Seed{Jobs: count}, nil
	}
	content, err := os.ReadFile(text)
	if err != nil {
		return emulator.Seed{}, &FlagError{"seed", err, true}
	}
	seed, err := emulator.ParseSeed(content)
	if err != nil {
		return seed, &FlagError{"seed " + text, err, true}
	}
	return seed, nil
}

// ParseFaults reads one fault, or @ and the name of a file of them.
func ParseFaults(text string) ([]emulator.Fault, error) {
	name, isFile := strings.CutPrefix(text, "@")
	if !isFile {
		fault, err := emulator.ParseFault(text)
		if err != nil {
			return nil, &FlagError{Flag: "fault", Err: err}
		}
		return []emulator.Fault{fault}, nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, &FlagError{"fault", err, true}
	}
	faults, err := emulator.ParseFaults(content)
	if err != nil {
		return nil, &FlagError{"fault " + text, fmt.Errorf("%w", err), true}
	}
	return faults, nil
}
