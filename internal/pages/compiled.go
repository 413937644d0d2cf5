package pages

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/valuepath"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// compiled is one object, or a part of one, as compile prints it.
type compiled struct {
	address string
	path    string // of the part, "" for the whole object
	body    *jsontree.Value
}

// name returns what stands for the object where there are several.
func (c compiled) name() string { return strings.TrimSuffix(c.address+"."+c.path, ".") }

// SelectCompiled returns the objects that the arguments name, or all of them. An argument is an
// address or a name, and may have a path after it, which chooses a part.
func SelectCompiled(w *workspace.Workspace, words []string) ([]compiled, error) {
	var chosen []compiled
	if len(words) == 0 {
		for _, job := range w.Result.Jobs {
			chosen = append(chosen, compiled{address: job.Address, body: job.CreateBody()})
			if len(job.Notices) > 0 {
				chosen = append(chosen, compiled{address: job.NoticeAddress(), body: job.NoticeBodies()})
			}
		}
		for _, template := range w.Result.Templates {
			chosen = append(chosen, compiled{address: template.Address, body: template.Body})
		}
	}
	for _, word := range words {
		o, path, err := findExplainable(w, word)
		if err != nil {
			return nil, kit.UsageError{Text: err.Error()}
		}
		one, err := o.part(w, path)
		if err != nil {
			return nil, &workspace.Refusal{Err: err}
		}
		chosen = append(chosen, one)
	}
	return chosen, nil
}

// part returns the part of an object at a path: a channel's body, or a value of the body. An empty
// path is the whole object.
func (o explainable) part(w *workspace.Workspace, path string) (compiled, error) {
	if path == "" {
		if o.kind == "notification" {
			return compiled{address: o.Address, body: (&compile.Job{Notices: o.notices}).NoticeBodies()}, nil
		}
		return compiled{address: o.Address, body: o.body}, nil
	}
	asked, err := valuepath.Parse(path)
	if err != nil {
		return compiled{}, err
	}
	for _, value := range o.bodies() {
		if asked.Matches(valuepath.Own(value.path)) {
			return compiled{o.Address, value.path, value.body}, nil
		}
	}
	values := o.Values(w)
	for _, value := range values { // what a plan prints and no body holds, such as enabled
		if value.Value != nil && asked.Matches(valuepath.Own(value.Path)) {
			return compiled{o.Address, value.Path, value.Value}, nil
		}
	}
	return compiled{}, o.unknownPath(asked, values)
}

// PrintCompiled writes one document: the requested body, else an object of bodies by address.
func PrintCompiled(w io.Writer, format string, objects []compiled, alone bool) error {
	var members []jsontree.Member
	for _, object := range objects {
		members = append(members, jsontree.Member{Key: object.name(), Value: object.body})
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
	taken := map[string]bool{}
	for _, object := range objects {
		file := filepath.Join(folder, object.fileName(taken)+"."+format)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := outfile.Write(file, encodeBody(format, object.body)); err != nil {
			return err
		}
	}
	return nil
}

// withoutQuotes makes steps["a"].name to steps-a.name, which is easier to type as a file's name.
var withoutQuotes = strings.NewReplacer(`["`, "-", `"]`, "", "[", "-", "]", "")

// fileName returns the file of an object, without its extension. Every system takes it, and no other
// object gets the same one, also where letter case is ignored.
func (c compiled) fileName(taken map[string]bool) string {
	parts := strings.Split(c.address, "/")
	parts[len(parts)-1] += strings.TrimSuffix("."+withoutQuotes.Replace(c.path), ".")
	for i := range parts {
		parts[i] = outfile.Stem(parts[i])
	}
	stem := filepath.Join(parts...)
	name := stem
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = stem + "-" + strconv.Itoa(n)
	}
	taken[strings.ToLower(name)] = true
	return name
}

// CompiledJob finds a compiled job by address or by name.
func CompiledJob(w *workspace.Workspace, word string) (*compile.Job, error) {
	o, path, err := findExplainable(w, word)
	if err != nil {
		return nil, kit.UsageError{Text: err.Error()}
	}
	if o.job == nil || path != "" {
		return nil, kit.UsageError{Text: fmt.Sprintf("%q is not a job; give the name or the address of one", word)}
	}
	return o.job, nil
}
