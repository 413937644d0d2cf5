package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/schemas"
)

//go:embed scaffold
var scaffold embed.FS

// ciFiles are the CI systems that init writes a snippet for, and where.
var ciFiles = map[string]struct{ from, to string }{
	"github":   {"github.yml", ".github/workflows/buildsync.yml"},
	"gitlab":   {"gitlab-ci.yml", ".gitlab-ci.yml"},
	"codearts": {"codearts.sh", "ci/buildsync.sh"},
}

var (
	aliasForm     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)
	projectIDForm = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)
)

func (p *program) initCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "init",
		Usage:     "write a workspace with an example job",
		ArgsUsage: "[DIR]",
		Description: about(`Writes a commented buildsync.yaml, a first job, the schemas for editors, a pre-commit entry
and a snippet for a CI system. It asks on a terminal and takes flags elsewhere. A file that
exists is left as it is.

Exit codes: 0 done; 1 a file could not be written; 3 invalid input.`,
			"buildsync init",
			"buildsync init --alias shop --ci github builds",
			"buildsync init --project-id 6ecbc5bac7c8442fb3d2563d53c13582 builds"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "project-id", Usage: "the 32-character `ID` of the CodeArts project", DefaultText: "one of the emulator's"},
			&cli.StringFlag{Name: "alias", Usage: "what to call the project in definitions, `NAME`", Value: "demo"},
			&cli.StringFlag{Name: "region", Usage: "the Huawei Cloud `REGION`", Value: emulator.DefaultRegion},
			&cli.StringFlag{Name: "ci", Usage: "write a snippet for `SYSTEM`: github, gitlab, codearts or none", Value: "none"},
		},
	}, (*invocation).init)
}

// answers are what init has to know.
type answers struct{ alias, projectID, region, ci string }

func (in *invocation) init() error {
	args, err := in.args(1)
	if err != nil {
		return err
	}
	dir := in.text("dir")
	if len(args) == 1 {
		dir = args[0]
	}
	if dir == "" {
		dir = "."
	}
	a := answers{alias: in.text("alias"), projectID: in.text("project-id"), region: in.text("region"), ci: in.text("ci")}
	if isTerminal(in.stdin) && isTerminal(in.stderr) {
		if a, err = in.askAnswers(a); err != nil {
			return err
		}
	}
	for _, flag := range []string{"project-id", "alias", "region", "ci"} {
		if err := a.check(flag); err != nil {
			return err
		}
	}
	if a.projectID == "" {
		a.projectID = emulator.DefaultProject
	}
	written, kept, err := writeScaffold(dir, a)
	for _, name := range written {
		if _, err := fmt.Fprintf(in.stdout, "wrote %s\n", filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	if len(kept) > 0 && !in.on("quiet") {
		in.printf("kept as they are: %s\n", strings.Join(kept, ", "))
	}
	if err != nil {
		return err
	}
	if !in.on("quiet") {
		command := "buildsync"
		if filepath.Clean(dir) != "." {
			command += " -C " + shellWord(dir)
		}
		in.printf("\nNext: %s plan --endpoint emulator\n", command)
	}
	return nil
}

// askAnswers asks for what no flag said, again where the answer cannot be right;
// an empty line takes what stands in brackets.
func (in *invocation) askAnswers(a answers) (answers, error) {
	prompt := in.newPrompt()
	for _, question := range []struct {
		flag, text string
		value      *string
	}{
		{"project-id", "Id of the CodeArts project, the 32 characters in the address of its pages; empty for the emulator's", &a.projectID},
		{"alias", "What to call it in definitions", &a.alias},
		{"region", "Region", &a.region},
		{"ci", "CI snippet: github, gitlab, codearts or none", &a.ci},
	} {
		if in.set(question.flag) {
			continue
		}
		unanswered := *question.value
		for {
			text := question.text + ": "
			if unanswered != "" {
				text = fmt.Sprintf("%s [%s]: ", question.text, unanswered)
			}
			line, err := prompt.ask(in.ctx, text)
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
			in.printf("%s\n", sanitize.Line(err.Error(), 400))
		}
	}
	return a, nil
}

// check tells whether what a flag or an answer said can be right.
func (a answers) check(flag string) error {
	switch flag {
	case "project-id":
		if a.projectID != "" && !projectIDForm.MatchString(a.projectID) {
			return usageError{text: fmt.Sprintf("--project-id %q: a project's id has 32 hexadecimal characters", a.projectID)}
		}
	case "alias":
		if !aliasForm.MatchString(a.alias) {
			return usageError{text: fmt.Sprintf("--alias %q: a letter, then letters, digits, _ and -", a.alias)}
		}
	case "region":
		if _, err := client.Endpoint(a.region); err != nil {
			return usageError{text: "--region: " + err.Error()}
		}
	case "ci":
		if _, known := ciFiles[a.ci]; !known && a.ci != "none" {
			return unknownWord("--ci", a.ci, []string{"github", "gitlab", "codearts", "none"})
		}
	}
	return nil
}

// writeScaffold writes the files that do not exist yet and returns their names,
// and those of the others.
func writeScaffold(dir string, a answers) (written, kept []string, err error) {
	fill := strings.NewReplacer("@ALIAS@", a.alias, "@PROJECT@", a.projectID, "@REGION@", a.region)
	files := []struct{ from, to string }{
		{"buildsync.yaml", "buildsync.yaml"},
		{"job.yaml", "jobs/hello.yaml"},
		{"pre-commit.yaml", ".pre-commit-config.yaml"},
	}
	if ci, ok := ciFiles[a.ci]; ok {
		files = append(files, ci)
	}
	type text struct{ name, content string }
	var texts []text
	for _, file := range files {
		content, err := scaffold.ReadFile("scaffold/" + file.from)
		if err != nil {
			return nil, nil, err
		}
		texts = append(texts, text{file.to, fill.Replace(string(content))})
	}
	for _, name := range []string{"definitions", "workspace"} {
		content, err := schemas.Files.ReadFile(name + ".schema.json")
		if err != nil {
			return nil, nil, err
		}
		texts = append(texts, text{".schemas/" + name + ".schema.json", string(content)})
	}
	for _, file := range texts {
		made, err := writeNew(dir, file.name, file.content)
		if err != nil {
			return written, kept, err
		}
		if made {
			written = append(written, file.name)
		} else {
			kept = append(kept, file.name)
		}
	}
	return written, kept, nil
}

// writeNew writes a file unless it exists.
func writeNew(dir, name, content string) (made bool, err error) {
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return false, fmt.Errorf("writing %s: %w", full, err)
	}
	file, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("writing %s: %w", full, err)
	}
	_, err = file.WriteString(content)
	if err := errors.Join(err, file.Close()); err != nil {
		return false, fmt.Errorf("writing %s: %w", full, err)
	}
	return true, nil
}
