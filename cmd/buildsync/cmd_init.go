package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/initfiles"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

var (
	aliasForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`) })
	projectIDForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-fA-F]{32}$`) })
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

func (in *invocation) init(p *program) error {
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
	a := initfiles.Answers{Alias: in.Text("alias"), ProjectID: in.Text("project-id"), Region: in.global.region, Ci: in.Text("ci")}
	onEmulator := in.global.endpoint == endpointEmulator
	if !onEmulator && kit.IsTerminal(in.Stdin) && kit.IsTerminal(in.Stderr) {
		if a, err = in.askAnswers(a); err != nil {
			return err
		}
	}
	for _, flag := range []string{"project-id", "alias", "region", "ci"} {
		if err := checkAnswer(a, flag); err != nil {
			return err
		}
	}
	switch {
	case in.On("empty") && in.On("from-live"):
		return kit.UsageError{Text: "--empty and --from-live exclude each other"}
	case a.ProjectID == "" && in.On("from-live") && !onEmulator:
		return kit.UsageError{Text: "--from-live needs --project-id ID, the 32 characters in the address of the project's pages"}
	case a.ProjectID == "":
		a.ProjectID = emulator.DefaultProject
	}
	a.Example = !in.On("empty") && !in.On("from-live")
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
	if in.On("from-live") {
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
		if slices.Contains([]string{"dir", "env", "project", "region", "var"}, name) || !in.Typed(name) {
			continue
		}
		c, _ := in.At(name)
		line = append(line, fmt.Sprintf("--%s=%v", name, c.Value(name)))
	}
	return p.dispatch(in.Ctx, append(line, "export"))
}

// askAnswers asks for what no flag gives, and repeats invalid answers; an empty line selects the
// value in brackets.
func (in *invocation) askAnswers(a initfiles.Answers) (initfiles.Answers, error) {
	prompt := in.NewPrompt()
	for _, question := range []struct {
		flag, text string
		value      *string
	}{
		{"project-id", "Id of the CodeArts project, the 32 characters in the address of its pages; empty for the emulator's", &a.ProjectID},
		{"alias", "What to call it in definitions", &a.Alias},
		{"region", "Region", &a.Region},
		{"ci", "CI pipeline: github, gitlab, codearts or none", &a.Ci},
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
			err = checkAnswer(a, question.flag)
			if err == nil {
				break
			}
			in.Printf("%s\n", sanitize.Line(err.Error(), 400))
		}
	}
	return a, nil
}

// checkAnswer reports what is wrong with the value of a flag or an answer.
func checkAnswer(a initfiles.Answers, flag string) error {
	switch flag {
	case "project-id":
		if a.ProjectID != "" && !projectIDForm().MatchString(a.ProjectID) {
			return kit.UsageError{Text: fmt.Sprintf("--project-id %q: a project's id has 32 hexadecimal characters", a.ProjectID)}
		}
	case "alias":
		if !aliasForm().MatchString(a.Alias) {
			return kit.UsageError{Text: fmt.Sprintf("--alias %q: a letter, then letters, digits, _ and -", a.Alias)}
		}
	case "region":
		if _, err := client.Endpoint(a.Region); err != nil {
			return kit.UsageError{Text: "--region: " + err.Error()}
		}
	case "ci":
		if !initfiles.IsSystem(a.Ci) && a.Ci != "none" {
			return kit.UnknownWord("--ci", a.Ci, []string{"github", "gitlab", "codearts", "none"})
		}
	}
	return nil
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
