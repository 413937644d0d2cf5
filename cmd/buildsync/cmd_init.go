package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

var (
	aliasForm     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)
	projectIDForm = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)
)

func (p *program) initCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "init",
		Usage:     "write a workspace with an example job",
		ArgsUsage: "[DIR]",
		Description: about(`Writes a commented buildsync.yaml, a first job and the schemas for editors into DIR, and a
pre-commit entry and a pipeline for a CI system into the root of the Git repository around it,
where their tools look. A file that exists is left as it is.

On a terminal it asks for what no flag says; with --endpoint emulator it asks nothing.
--empty writes no example job. --from-live writes the jobs that exist instead, as buildsync
export does.

The pipelines install an archive of make release. They have variables for its address, its
version and its checksum; set them first.

Exit codes: 0 done; 1 a file could not be written, or the live jobs could not be read;
3 invalid input; 6 some live jobs could not be written as definitions.`,
			"buildsync init --endpoint emulator",
			"buildsync init --alias shop --ci github builds",
			"buildsync init --project-id 6ecbc5bac7c8442fb3d2563d53c13582 --from-live"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "project-id", Usage: "the 32-character `ID` of the CodeArts project", DefaultText: "one of the emulator's"},
			&cli.StringFlag{Name: "alias", Usage: "what to call the project in definitions, `NAME`", Value: "demo"},
			&cli.StringFlag{Name: "region", Usage: "the Huawei Cloud `REGION`", Value: emulator.DefaultRegion},
			&cli.StringFlag{Name: "ci", Usage: "write a pipeline for `SYSTEM`: github, gitlab, codearts or none", Value: "none"},
			&cli.BoolFlag{Name: "empty", Usage: "without an example job", DisableDefaultText: true},
			&cli.BoolFlag{Name: "from-live", Usage: "with the jobs that exist instead of an example", DisableDefaultText: true},
		},
	}, func(in *invocation) error { return in.init(p) })
}

// answers are what init has to know.
type answers struct {
	alias, projectID, region, ci string
	example                      bool // write the example job
}

func (in *invocation) init(p *program) error {
	args, err := in.Args(1)
	if err != nil {
		return err
	}
	dir := in.Text("dir")
	if len(args) == 1 {
		dir = args[0]
	}
	if dir == "" {
		dir = "."
	}
	a := answers{alias: in.Text("alias"), projectID: in.Text("project-id"), region: in.Text("region"), ci: in.Text("ci")}
	onEmulator := in.Text("endpoint") == endpointEmulator
	if !onEmulator && kit.IsTerminal(in.Stdin) && kit.IsTerminal(in.Stderr) {
		if a, err = in.askAnswers(a); err != nil {
			return err
		}
	}
	for _, flag := range []string{"project-id", "alias", "region", "ci"} {
		if err := a.check(flag); err != nil {
			return err
		}
	}
	switch {
	case in.On("empty") && in.On("from-live"):
		return kit.UsageError{Text: "--empty and --from-live exclude each other"}
	case a.projectID == "" && in.On("from-live") && !onEmulator:
		return kit.UsageError{Text: "--from-live needs --project-id ID, the 32 characters in the address of the project's pages"}
	case a.projectID == "":
		a.projectID = emulator.DefaultProject
	}
	a.example = !in.On("empty") && !in.On("from-live")
	place, err := placeOf(in.Ctx, dir)
	if err != nil {
		return err
	}
	if err := in.writeScaffold(place, a); err != nil {
		return err
	}
	if in.On("from-live") {
		return in.exportInto(p, dir)
	}
	if in.On("quiet") {
		return nil
	}
	command := "buildsync"
	if filepath.Clean(dir) != "." {
		command += " -C " + kit.ShellWord(dir)
	}
	if !a.example {
		in.Printf("\nNext: %s export writes the jobs that exist; or write one below jobs/\n", command)
		return nil
	}
	in.Printf("\nNext: %s plan --endpoint emulator\n", command)
	return nil
}

// exportInto runs export in the new workspace, against the service that this
// command line names.
func (in *invocation) exportInto(p *program, dir string) error {
	line := []string{"buildsync", "-C", dir}
	for _, flag := range globalFlags() {
		name, _ := kit.FlagName(flag)
		if slices.Contains([]string{"dir", "env", "project", "region", "var"}, name) || !in.Typed(name) {
			continue
		}
		c, _ := in.At(name)
		line = append(line, fmt.Sprintf("--%s=%v", name, c.Value(name)))
	}
	return p.dispatch(in.Ctx, append(line, "export"))
}

// askAnswers asks for what no flag said, again where the answer cannot be right;
// an empty line takes what stands in brackets.
func (in *invocation) askAnswers(a answers) (answers, error) {
	prompt := in.NewPrompt()
	for _, question := range []struct {
		flag, text string
		value      *string
	}{
		{"project-id", "Id of the CodeArts project, the 32 characters in the address of its pages; empty for the emulator's", &a.projectID},
		{"alias", "What to call it in definitions", &a.alias},
		{"region", "Region", &a.region},
		{"ci", "CI pipeline: github, gitlab, codearts or none", &a.ci},
	} {
		if in.Set(question.flag) {
			continue
		}
		unanswered := *question.value
		for {
			text := question.text + ": "
			if unanswered != "" {
				text = fmt.Sprintf("%s [%s]: ", question.text, unanswered)
			}
			line, err := prompt.Ask(in.Ctx, text)
			switch {
			case err == io.EOF:
				return a, errors.New("the questions were not answered; give flags instead, see buildsync init --help")
			case err != nil:
				return a, err
			}
			if *question.value = strings.TrimSpace(line); *question.value == "" {
				*question.value = unanswered
			}
			err = a.check(question.flag)
			if err == nil {
				break
			}
			in.Printf("%s\n", sanitize.Line(err.Error(), 400))
		}
	}
	return a, nil
}

// check reports what is wrong with the value of a flag or an answer.
func (a answers) check(flag string) error {
	switch flag {
	case "project-id":
		if a.projectID != "" && !projectIDForm.MatchString(a.projectID) {
			return kit.UsageError{Text: fmt.Sprintf("--project-id %q: a project's id has 32 hexadecimal characters", a.projectID)}
		}
	case "alias":
		if !aliasForm.MatchString(a.alias) {
			return kit.UsageError{Text: fmt.Sprintf("--alias %q: a letter, then letters, digits, _ and -", a.alias)}
		}
	case "region":
		if _, err := client.Endpoint(a.region); err != nil {
			return kit.UsageError{Text: "--region: " + err.Error()}
		}
	case "ci":
		if _, known := ciFiles[a.ci]; !known && a.ci != "none" {
			return kit.UnknownWord("--ci", a.ci, []string{"github", "gitlab", "codearts", "none"})
		}
	}
	return nil
}
