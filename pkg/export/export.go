package export

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Options are everything that an export depends on besides the live state.
type Options struct {
	Catalogue *catalog.Catalogue // nil: the shipped one
	// WithIDs pins each job to its id.
	WithIDs bool
	// ShareSecrets gives parameters with the same name one secret. Without it each job has its own:
	// the values cannot be read, so they may differ, and one secret would overwrite the other.
	ShareSecrets bool
	// QualifySecrets adds the project to the names of secrets, for a workspace with several
	// projects.
	QualifySecrets bool
	// TakenSecrets are the names of secrets that definitions already use, each with its parameter.
	// With ShareSecrets, other parameters of that name use the same secret.
	TakenSecrets map[string]string
	// Workspace is where the definitions are written: its defaults are part of their meaning. Nil:
	// a workspace without defaults.
	Workspace *spec.Set
	// Vars are those of the command line.
	Vars map[string]string
}

// Exporter turns live objects into definitions. The same objects in the same
// order give the same definitions.
type Exporter struct {
	catalogue    *catalog.Catalogue
	modules      diff.Modules
	withIDs      bool
	shareSecrets bool
	fromFile     bool // a value may be the placeholder of a secret
	qualify      bool
	taken        map[string]string // the owner of each secret's name
	world        world
}

// New makes an Exporter.
func New(opts Options) *Exporter {
	e := &Exporter{catalogue: opts.Catalogue, withIDs: opts.WithIDs, shareSecrets: opts.ShareSecrets, qualify: opts.QualifySecrets, taken: map[string]string{}}
	if e.catalogue == nil {
		e.catalogue = catalog.Default()
	}
	e.modules = diff.ModulesOf(e.catalogue)
	e.world = worldOf(opts)
	for name, parameter := range opts.TakenSecrets {
		e.taken[name] = ""
		if opts.ShareSecrets {
			e.taken[name] = parameter
		}
	}
	return e
}

// Definition is one object to write.
type Definition struct {
	Kind    diff.Kind // job or template
	Address string    // shop/job/order, or the template's name
	Project string    // the alias; "" for a template
	Name    string
	// Secrets are the values to supply before the first apply.
	Secrets []Secret
	// Withheld are the paths of values that were left out because they may be secret; they stay
	// unchanged on the service.
	Withheld []string

	tree *yamltext.Node
}

// Secret is a build parameter whose value cannot be read.
type Secret struct {
	Name      string // as buildsync.yaml is to declare it
	Parameter string
	Address   string // of the job
}

// Source returns the text of a definitions file with only d, and the scripts that it includes: long
// texts, and others if the file would be too large. They are in folder below scripts/. schema is
// the path of the JSON Schema for the editor's line; "" for none.
func (d *Definition) Source(schema, folder string) (file []byte, scripts []File) {
	list := "jobs"
	if d.Kind == diff.KindTemplate {
		list = "templates"
	}
	parts := spill(d.tree)
	scripts = parts.place(folder)
	text := source(schema, yamltext.Mapping(yamltext.Entry("version", yamltext.Literal("1")), yamltext.Entry(list, yamltext.Sequence(parts.tree))))
	return formatted("definitions.yaml", text), scripts
}

func source(schema string, root *yamltext.Node) []byte {
	var out bytes.Buffer
	if schema != "" {
		out.WriteString("# yaml-language-server: $schema=" + schema + "\n")
	}
	yamltext.AppendBlock(&out, root, "")
	return out.Bytes()
}

// formatted returns a file in the form of fmt, or unchanged if fmt does not support it.
func formatted(name string, text []byte) []byte {
	canonical, err := format.Source(name, text, format.KindOf(name))
	if err != nil {
		return text
	}
	return canonical
}

// secretName returns the name for a parameter's secret.
func (e *Exporter) secretName(address, job, parameter string) string {
	owner, base := address+" "+parameter, wordOf(job)+"_"+wordOf(parameter)
	if project, _, found := strings.Cut(address, "/"); found && e.qualify {
		base = wordOf(project) + "_" + base
	}
	if e.shareSecrets {
		owner, base = parameter, wordOf(parameter)
	}
	base = strings.Trim(strings.ReplaceAll(base, "__", "_"), "_")
	if base == "" || base[0] >= '0' && base[0] <= '9' {
		base = strings.TrimSuffix("SECRET_"+base, "_")
	}
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name = fmt.Sprintf("%s_%d", base, n)
		}
		if first, taken := e.taken[name]; !taken || first == owner {
			e.taken[name] = owner
			return name
		}
	}
}

// wordOf returns a name in the letters of an environment variable.
func wordOf(name string) string {
	var out strings.Builder
	for _, r := range strings.ToUpper(name) {
		switch {
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "_"):
			out.WriteByte('_')
		}
	}
	return out.String()
}
