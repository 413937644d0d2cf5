package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Imported is a definition made from a file of another format.
type Imported struct {
	Text    []byte // of a definitions file
	Lost    []Lost
	Secrets []Secret // the values to supply
}

// Lost is a part of the file that the definition lacks.
type Lost struct {
	Path   string // in the file
	Reason string
}

// ImportOptions provide what an imported file lacks.
type ImportOptions struct {
	Name    string // of the job, where the file has none
	Project string // an alias of the workspace; "": the definition names none
}

// Import makes a definition from a CodeArts build.yml or from a job's body in the API's form. It
// lists everything that the definition lacks.
func (e *Exporter) Import(name string, text []byte, opts ImportOptions) (*Imported, error) {
	root, found := spec.ParseFile(name, text)
	switch kind := spec.Foreign(root, text); kind {
	case spec.ForeignBuildYML:
		if err := firstError(found); err != nil {
			return nil, err // a duplicate key would be lost
		}
		out, err := e.importBuildYML(root, opts)
		if n := len(format.Comments(name, text)); err == nil && n > 0 {
			out.Lost = append(out.Lost, Lost{sanitize.Counted(n, "comment"), "comments of a build.yml are not carried over"})
		}
		return out, err
	case spec.ForeignAPIBody:
		return e.importBody(text, opts)
	case "":
		if err := firstError(found); err != nil {
			return nil, err
		}
		if spec.IsDefinitions(root) {
			return nil, errors.New("it is a definition file already")
		}
		return nil, errors.New("it is neither a CodeArts build.yml nor a job's body as the API writes it")
	case spec.ForeignBuildFlow:
		return nil, fmt.Errorf("it is %s; import the build.yml of each job, which build_ref names", kind)
	default:
		return nil, fmt.Errorf("it is %s; only a CodeArts build.yml and a job's body as the API writes it can be imported", kind)
	}
}

// importProject stands for the project of an imported job while it is compiled.
var importProject = Project{Alias: "imported", ID: strings.Repeat("0", 32)}

// imported writes the file with one job.
func imported(job *yamltext.Node, opts ImportOptions) []byte {
	job.Fields = slices.DeleteFunc(job.Fields, func(f yamltext.Field) bool { return f.Key == "project" })
	if opts.Project != "" {
		place(job, "project", yamltext.Text(opts.Project))
	}
	text := source("", yamltext.Mapping(yamltext.Entry("version", yamltext.Literal("1")), yamltext.Entry("jobs", yamltext.Sequence(job))))
	return formatted("definitions.yaml", text)
}

// importBody makes a definition from a body, or from a whole answer with one.
func (e *Exporter) importBody(text []byte, opts ImportOptions) (*Imported, error) {
	body, err := jsontree.Parse(text, jsontree.Limits{})
	if err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if result := body.Get(wire.KeyResult); result.Kind() == jsontree.KindObject {
		body = result
	}
	body = body.Clone()
	live := &diff.LiveJob{Name: body.Str(wire.KeyJobName), ID: body.Str(wire.KeyJobID), Body: body}
	if opts.Name != "" {
		live.Name = opts.Name
	}
	out := &Imported{}
	for _, key := range serviceMembers {
		if v := body.Get(key); !v.IsEmpty() && key != wire.KeyJobName {
			reason := "the service writes it"
			if key == wire.KeyProjectID || key == wire.KeyJobID {
				reason = "a definition knows its project by an alias, and its job by the name"
			}
			out.Lost = append(out.Lost, Lost{key, reason})
		}
		body.Delete(key)
	}
	importer := *e
	importer.fromFile = true
	d, err := importer.Job(importProject, live)
	if err != nil {
		return nil, err
	}
	for _, path := range d.Withheld {
		out.Lost = append(out.Lost, Lost{path, "it may be secret; it stays as it is on the service"})
	}
	out.Secrets = d.Secrets
	for _, s := range d.Secrets {
		out.Lost = append(out.Lost, Lost{"parameters[" + s.Parameter + "].defaultValue",
			"the value of a secret is never written: declare " + s.Name + " under secrets: in buildsync.yaml and supply its value"})
	}
	out.Text = imported(d.tree, opts)
	return out, nil
}
