package exporting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/format"
	reading "github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// keep writes a definition to its own file, after declaring its secrets: the workspace is valid
// whenever the run ends.
func (x *Run) keep(d *export.Definition, file string) error {
	full := filepath.Join(x.w.Dir, filepath.FromSlash(file))
	if _, err := os.Lstat(full); !errors.Is(err, fs.ErrNotExist) {
		x.problem(d.Address, "", file+" exists and defines something else; move it away")
		return nil
	}
	text, scripts := d.Source(x.schemaOf(file), x.layout.ScriptFolder(file))
	for _, script := range scripts {
		// An earlier run that was killed left the same text.
		have, err := os.ReadFile(filepath.Join(x.w.Dir, filepath.FromSlash(script.Name)))
		if err == nil && !bytes.Equal(have, script.Text) || err != nil && !errors.Is(err, fs.ErrNotExist) {
			x.problem(d.Address, "", script.Name+" exists and says something else; move it away")
			return nil
		}
	}
	if err := x.declareSecrets(d.Secrets); err != nil {
		return err
	}
	for _, script := range scripts {
		if err := x.writeDefinitions(script.Name, script.Text); err != nil {
			return err
		}
	}
	if err := x.writeDefinitions(file, text); err != nil {
		return err
	}
	written := Exported{Address: d.Address, Files: []string{file}}
	for _, script := range scripts {
		written.Files = append(written.Files, script.Name)
	}
	x.Report.Written = append(x.Report.Written, written)
	x.reportSecrets(d.Secrets)
	for _, path := range d.Withheld {
		x.Report.Withheld = append(x.Report.Withheld, Path{d.Address, path})
	}
	return x.tell.Say("wrote %s\n", sanitize.Line(file, 0))
}

// tellEdited prints each file that was edited, with the number of jobs if it has several. What was
// edited has the form of fmt; where the rest of a file has not, it names the command that mends it.
func (x *Run) tellEdited() error {
	var files []string
	jobs := map[string]int{}
	for _, one := range x.Report.Edited {
		for _, file := range one.Files {
			if jobs[file]++; jobs[file] == 1 {
				files = append(files, file)
			}
		}
	}
	for _, file := range files {
		several := ""
		if jobs[file] > 1 {
			several = fmt.Sprintf(" (%d jobs)", jobs[file])
		}
		if err := x.tell.Say("edited %s%s\n", sanitize.Line(file, 0), several); err != nil {
			return err
		}
	}
	loose := slices.DeleteFunc(files, func(file string) bool {
		text, err := x.w.Tree.ReadFile(file, spec.MaxFileBytes)
		canonical, broken := format.Source(file, text, format.KindOf(file))
		return err != nil || broken != nil || bytes.Equal(text, canonical)
	})
	if len(loose) > 0 {
		x.tell.Note("the parts of %s that were not edited do not have the form of fmt; %s", sanitize.Line(strings.Join(loose, ", "), 300), remedy.FormatRest)
	}
	return nil
}

// writeDefinitions writes a file of the workspace, and the folders that it
// needs.
func (x *Run) writeDefinitions(name string, text []byte) error {
	full := filepath.Join(x.w.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return outfile.WriteSource(full, text, 0o644)
}

// reportSecrets reports values that people have to supply.
func (x *Run) reportSecrets(secrets []export.Secret) {
	for _, s := range secrets {
		x.Report.Secrets = append(x.Report.Secrets, Secret{s.Name, s.Parameter, s.Address})
	}
}

func (x *Run) declareSecrets(secrets []export.Secret) error {
	if len(secrets) == 0 {
		return nil
	}
	var names []string
	for _, secret := range secrets {
		names = append(names, secret.Name)
	}
	return editWorkspace(x.w.Dir, func(text []byte) ([]byte, error) { return export.DeclareSecrets(text, names) })
}

// schemaOf returns the path from a file to the schema that init keeps for editors,
// "" if there is none.
func (x *Run) schemaOf(file string) string {
	const schema = ".schemas/definitions.schema.json"
	if _, err := os.Stat(filepath.Join(x.w.Dir, filepath.FromSlash(schema))); err != nil {
		return ""
	}
	relative, err := filepath.Rel(filepath.Dir(filepath.FromSlash(file)), filepath.FromSlash(schema))
	if err != nil {
		return ""
	}
	return filepath.ToSlash(relative)
}

// templates exports the caller's own build templates.
func (x *Run) templates(ctx context.Context) error {
	list, err := reading.Templates(ctx, x.service)
	if err == nil {
		err = list.ReadErr
	}
	if err != nil {
		return fmt.Errorf("reading the templates: %w", err)
	}
	if list.Problem != "" {
		x.unsure("template", "", list.Problem)
	}
	all := list.Templates
	var accounts []string
	if len(all) > 0 {
		accounts = x.accounts(ctx)
	}
	all = slices.DeleteFunc(all, func(live *diff.LiveTemplate) bool {
		owner := live.Body.Str(wire.KeyDomainID)
		foreign := owner != "" && len(accounts) > 0 && !slices.Contains(accounts, owner)
		if foreign && x.only.selects(live.Name) {
			x.Report.Foreign = append(x.Report.Foreign, "template/"+live.Name)
		}
		return foreign
	})
	for i, live := range all {
		if !x.only.selects(live.Name) {
			continue
		}
		address := "template/" + live.Name
		if i > 0 && all[i-1].Name == live.Name || i+1 < len(all) && all[i+1].Name == live.Name {
			x.problem(address, live.UUID, fmt.Sprintf("several of your templates have this name, and a template cannot be renamed; this one has the uuid %s: %s",
				live.UUID, remedy.DeleteTwinsAndExport))
			continue
		}
		x.verified = append(x.verified, live)
		if slices.ContainsFunc(x.w.Result.Templates, func(t *compile.Template) bool { return t.Name == live.Name }) {
			x.Report.Defined = append(x.Report.Defined, address)
			continue
		}
		definition, err := x.exporter.Template(live)
		if err != nil {
			x.problem(address, live.UUID, err.Error())
			x.tell.Trace(err)
			continue
		}
		file, err := x.layout.File("templates", live.Name, address)
		if err != nil {
			return &workspace.Refusal{Err: err}
		}
		if err := x.keep(definition, file); err != nil {
			return err
		}
	}
	return nil
}

// accounts returns the account ids, from the bodies of jobs or from IAM (API reference 7.3): a
// template query also returns the public templates of other accounts, with the caller's scope
// (4.20). No account means that neither has it.
func (x *Run) accounts(ctx context.Context) []string {
	var accounts []string
	add := func(id string) {
		if id != "" && !slices.Contains(accounts, id) {
			accounts = append(accounts, id)
		}
	}
	for _, job := range x.read {
		add(job.Body.Str(wire.KeyDomainID))
	}
	if len(accounts) > 0 {
		return accounts
	}
	projects, err := x.service.IAMProjects(ctx)
	if err != nil {
		x.tell.Note("IAM does not say which account this is, so some of the templates may be public ones of other accounts: %s", sanitize.Line(err.Error(), 300))
	}
	for _, project := range projects {
		add(project.DomainID)
	}
	return accounts
}

// editWorkspace changes buildsync.yaml in one step, unless the edit changes
// nothing.
func editWorkspace(dir string, edit func([]byte) ([]byte, error)) error {
	full := filepath.Join(dir, spec.WorkspaceFile)
	before, err := os.ReadFile(full)
	if err != nil {
		return err
	}
	after, err := edit(before)
	if err != nil || slices.Equal(before, after) {
		return err
	}
	return outfile.WriteSource(full, after, 0o644)
}
