package pages

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// compiled is one object as compile prints it.
type compiled struct {
	address string
	body    *jsontree.Value
}

// SelectCompiled returns the objects that the arguments name, or all of them.
func SelectCompiled(w *workspace.Workspace, words []string) ([]compiled, error) {
	var all []compiled
	named := map[string][]compiled{} // by address, and by name
	add := func(object compiled, names ...string) {
		all = append(all, object)
		for _, name := range append(names, object.address) {
			named[name] = append(named[name], object)
		}
	}
	for _, job := range w.Result.Jobs {
		add(compiled{job.Address, job.CreateBody()}, job.Name)
		if len(job.Notices) > 0 {
			add(compiled{job.NoticeAddress(), job.NoticeBodies()})
		}
	}
	for _, template := range w.Result.Templates {
		if len(named[template.Name]) > 0 { // the name is a job's first
			add(compiled{template.Address, template.Body})
		} else {
			add(compiled{template.Address, template.Body}, template.Name)
		}
	}
	if len(words) == 0 {
		return all, nil
	}
	var chosen []compiled
	for _, word := range words {
		if found := named[word]; len(found) == 1 {
			chosen = append(chosen, found[0])
			continue
		}
		job, err := CompiledJob(w, word)
		if err == nil {
			chosen = append(chosen, compiled{job.Address, job.CreateBody()})
			continue
		}
		part, isPart, wrong := compiledPart(w, word)
		if wrong != nil {
			return nil, &workspace.Refusal{Err: wrong}
		}
		if !isPart {
			return nil, err
		}
		chosen = append(chosen, part)
	}
	return chosen, nil
}

// compiledPart finds the part of an object in ADDRESS.PATH: a channel's body, or a value of the
// body. isPart is false for other words.
func compiledPart(w *workspace.Workspace, word string) (part compiled, isPart bool, err error) {
	o, path, err := FindExplainable(w, word)
	if err != nil || path == "" {
		return part, false, nil //nolint:nilerr // then it is an unknown job, which is said elsewhere
	}
	asked, err := valuepath.Parse(path)
	if err != nil {
		return part, false, err
	}
	for _, value := range o.bodies() {
		if asked.Matches(valuepath.Own(value.address)) {
			return compiled{o.Address + "." + value.address, value.body}, true, nil
		}
	}
	values := o.Values(w)
	for _, value := range values { // what a plan prints and no body holds, such as enabled
		if value.Value != nil && asked.Matches(valuepath.Own(value.Path)) {
			return compiled{o.Address + "." + value.Path, value.Value}, true, nil
		}
	}
	return part, false, o.UnknownPath(asked, values)
}

// PrintCompiled writes one document: the requested body, else an object of bodies by address.
func PrintCompiled(w io.Writer, format string, objects []compiled, alone bool) error {
	var members []jsontree.Member
	for _, object := range objects {
		members = append(members, jsontree.Member{Key: object.address, Value: object.body})
	}
	document := jsontree.Object(members...)
	if alone {
		document = objects[0].body
	}
	_, err := w.Write(encodeBody(format, document))
	return err
}

func encodeBody(format string, body *jsontree.Value) []byte {
	if format == "yaml" {
		var out bytes.Buffer
		yamltext.AppendJSON(&out, body, 0)
		return out.Bytes()
	}
	return body.Indented()
}

// WriteCompiled writes shop/job/name.json and so on below folder.
func WriteCompiled(folder, format string, objects []compiled) error {
	for _, object := range objects {
		name, err := filepath.Localize(object.address + "." + format)
		if err != nil {
			return fmt.Errorf("%s has no name as a file: %w", object.address, err)
		}
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := outfile.Write(file, encodeBody(format, object.body)); err != nil {
			return err
		}
	}
	return nil
}

// CompiledJob finds a compiled job by address or by name.
func CompiledJob(w *workspace.Workspace, word string) (*compile.Job, error) {
	var found *compile.Job
	var names []string
	for _, job := range w.Result.Jobs {
		names = append(names, job.Name, job.Address)
		if job.Address == word {
			return job, nil
		}
		if job.Name != word {
			continue
		}
		if found != nil {
			return nil, kit.UsageError{Text: fmt.Sprintf("%q is the name of jobs in several projects: %s and %s; give the address", word, found.Address, job.Address)}
		}
		found = job
	}
	if found != nil {
		return found, nil
	}
	text := fmt.Sprintf("no definition compiles to a job called %q", word)
	if near := spec.Nearest(word, names); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return nil, kit.UsageError{Text: text}
}
