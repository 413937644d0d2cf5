package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/initfiles"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

type initOptions struct {
	answers         initfiles.Answers
	empty, fromLive bool
}

func (p *program) initCommand() *cli.Command {
	var o initOptions
	return p.command(&cli.Command{
		Name:      "init",
		Usage:     "write a workspace with an example job",
		ArgsUsage: "[DIR]",
		Description: about(`Writes a commented buildsync.yaml, a first job and the schemas for editors into DIR, and a
pre-commit entry and a pipeline for a CI system into the root of the Git repository around it,
where their tools look. A file that exists is left as it is.

On a terminal it asks for each value that no flag gives. With --endpoint emulator it asks nothing.
--empty writes no example job. --from-live writes the jobs that exist instead, as buildsync export
does.

The pipelines install an archive of make release. They have variables for its address, its
version and its checksum; set them first.

Exit codes: 0 done; 1 a file could not be written, or the live jobs could not be read;
3 invalid input; 6 some live jobs could not be written as definitions.`,
			"buildsync init --endpoint emulator",
			"buildsync init --alias shop --ci github builds",
			"buildsync init --project-id 6ecbc5bac7c8442fb3d2563d53c13582 --from-live"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "project-id", Destination: &o.answers.ProjectID, Usage: "the 32-character `ID` of the CodeArts project", DefaultText: "one of the emulator's"},
			&cli.StringFlag{Name: "alias", Destination: &o.answers.Alias, Usage: "`NAME`: the project's name in definitions", Value: "demo"},
			&cli.StringFlag{Name: "region", Usage: "the Huawei Cloud `REGION`", Value: emulator.DefaultRegion},
			&cli.StringFlag{Name: "ci", Destination: &o.answers.Ci, Usage: "write a pipeline for `SYSTEM`: github, gitlab, codearts or none", Value: "none"},
			&cli.BoolFlag{Name: "empty", Destination: &o.empty, Usage: "write no example job", DisableDefaultText: true},
			&cli.BoolFlag{Name: "from-live", Destination: &o.fromLive, Usage: "write the jobs that exist instead of an example", DisableDefaultText: true},
		},
	}, func(in *invocation) error { return in.init(p, &o) })
}

func (in *invocation) init(p *program, o *initOptions) error {
	args, err := in.Args(1)
	if err != nil {
		return err
	}
	dir := in.global.dir
	if len(args) == 1 {
		dir = args[0]
	}
	if dir == "" {
		dir = "."
	}
	a := o.answers
	a.Region = in.global.region // it may be before init
	onEmulator := in.global.endpoint == endpointEmulator
	if !onEmulator && kit.IsTerminal(in.Stdin) && kit.IsTerminal(in.Stderr) {
		if a, err = in.askAnswers(a); err != nil {
			return err
		}
	}
	for _, q := range a.Questions() {
		if err := q.Check(); err != nil {
			return kit.UsageError{Text: "--" + q.Flag + ": " + err.Error()}
		}
	}
	switch {
	case o.empty && o.fromLive:
		return kit.UsageError{Text: "--empty and --from-live exclude each other"}
	case a.ProjectID == "" && o.fromLive && !onEmulator:
		return kit.UsageError{Text: "--from-live needs --project-id ID, the 32 characters in the address of the project's pages"}
	case a.ProjectID == "":
		a.ProjectID = emulator.DefaultProject
	}
	a.Example = !o.empty && !o.fromLive
	place, err := initfiles.PlaceOf(in.Ctx, dir)
	if errors.As(err, new(*initfiles.NameError)) {
		return kit.UsageError{Text: err.Error()}
	}
	if err != nil {
		return err
	}
	done, err := initfiles.Write(place, a)
	if err := errors.Join(in.tellScaffold(place, a, done, err == nil), err); err != nil {
		return err
	}
	if o.fromLive {
		return in.exportInto(p, dir)
	}
	in.nextAfterInit(dir, a.Example, onEmulator)
	return nil
}

// nextAfterInit names the command to type in the new workspace. Its folder is an argument of
// init, so Again does not know it.
func (in *invocation) nextAfterInit(dir string, example, onEmulator bool) {
	command := "buildsync"
	if filepath.Clean(dir) != "." {
		command += " -C " + kit.ShellWord(dir)
	}
	switch {
	case !example:
		in.Next(remedy.ExportOrWrite(command + " export"))
	case onEmulator && !in.Typed("endpoint"): // the environment says it to every command
		in.Next(remedy.Remedy(command + " plan"))
	default:
		in.Next(remedy.OnEmulator(command + " plan"))
	}
}

// exportInto runs export in the new workspace, against the service that this
// command line names.
func (in *invocation) exportInto(p *program, dir string) error {
	line := []string{"buildsync", "-C", dir}
	for _, flag := range globalFlags() {
		name, _ := kit.FlagName(flag)
		if slices.Contains([]string{"dir", "region"}, name) || !in.Typed(name) {
			continue
		}
		c, _ := in.At(name)
		line = append(line, fmt.Sprintf("--%s=%v", name, c.Value(name)))
	}
	return p.dispatch(in.Ctx, p.app(), append(line, "export"))
}

// askAnswers asks for what no flag gives. After an invalid answer it says how to leave, and asks
// again. An empty line selects the value in brackets.
func (in *invocation) askAnswers(a initfiles.Answers) (initfiles.Answers, error) {
	prompt := in.NewPrompt()
	for _, q := range a.Questions() {
		if in.Set(q.Flag) {
			continue
		}
		text, unanswered := q.Text+": ", *q.Answer
		if unanswered != "" {
			text = fmt.Sprintf("%s [%s]: ", q.Text, unanswered)
		}
		for {
			line, err := prompt.Ask(in.Ctx, text)
			switch {
			case err == io.EOF:
				return a, errors.New("the questions were not answered; nothing was written; give flags instead, see buildsync init --help")
			case err != nil:
				return a, err
			}
			*q.Answer = cmp.Or(strings.TrimSpace(line), unanswered)
			if err = q.Check(); err == nil {
				break
			}
			in.Printf("%s (Ctrl-C ends init)\n", sanitize.Line(err.Error(), 400))
		}
	}
	return a, nil
}

// tellScaffold lists the written files and the next steps. whole is false if an error stopped the
// writing.
func (in *invocation) tellScaffold(p initfiles.Place, a initfiles.Answers, done []initfiles.Written, whole bool) error {
	var kept []string
	for _, file := range done {
		name := sanitize.Line(file.Path, 0)
		if !file.Made {
			kept = append(kept, name)
			if file.Uncalled != "" {
				in.Note("%s does not call %s yet; buildsync init in an empty folder writes one to copy from", name, file.Uncalled)
			}
			continue
		}
		if _, err := fmt.Fprintf(in.Stdout, "wrote %s\n", name); err != nil {
			return err
		}
	}
	if !whole {
		return nil
	}
	if len(kept) > 0 {
		in.Note("kept as they are: %s", strings.Join(kept, ", "))
	}
	if a.Ci != "none" {
		in.Note("set BUILDSYNC_RELEASES, BUILDSYNC_VERSION and BUILDSYNC_SHA256 in %s to the archive to install", p.Pipeline(a.Ci))
		if !p.IsRepo {
			in.Note("there is no Git repository around %s yet: run git init in it", cmp.Or(p.Dir, "."))
		}
	}
	return nil
}
