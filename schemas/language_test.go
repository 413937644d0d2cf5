package schemas_test

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/schemas"
)

var update = flag.Bool("update", false, "rewrite docs/language.md")

const (
	languageFolder = "testdata/language"
	docs           = "../docs"
)

var directive = regexp.MustCompile(`(?m)\{\{(keys|value|values|example|compiled|addresses) ([^}]*)\}\}`)

// TestLanguagePage makes docs/language.md and the pages in docs/language from
// testdata/language/language.md: a table for each schema that it names, and the
// examples with what they compile to.
func TestLanguagePage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(languageFolder, "language.md"))
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, schemas: map[string]*jsontree.Value{}}
	got := directive.ReplaceAllStringFunc(string(text), p.expand)
	if strings.Contains(got, "{{keys") || strings.Contains(got, "{{example") {
		t.Errorf("a directive is malformed")
	}
	for name, content := range splitPages(t, got) {
		file := filepath.Join(docs, filepath.FromSlash(name))
		if *update {
			if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), content); diff != "" {
			t.Errorf("docs/%s is not what the schemas and examples say; go test ./schemas -update (-want +got):\n%s", name, diff)
		}
	}
	p.checkComplete()
}

// page expands the directives of the page.
type page struct {
	t       *testing.T
	schemas map[string]*jsontree.Value
	shown   []string // the schemas with a table, FILE#POINTER
}

func (p *page) expand(text string) string {
	match := directive.FindStringSubmatch(text)
	name, rest, _ := strings.Cut(match[2], " ")
	switch match[1] {
	case "keys":
		p.shown = append(p.shown, name+rest)
		return p.keys(name, rest)
	case "value":
		expected, _ := p.takes(name, p.at(name, rest))
		return strings.ToUpper(expected[:1]) + expected[1:]
	case "values":
		return cell(p.at(name, rest).Str("description"))
	case "example":
		return p.example(name)
	case "compiled":
		return p.compiled(name, rest)
	}
	return p.addresses(name)
}

// at finds a schema by its file and pointer.
func (p *page) at(file, pointer string) *jsontree.Value {
	p.t.Helper()
	if p.schemas[file] == nil {
		text, err := schemas.Files.ReadFile(file)
		if err != nil {
			p.t.Fatal(err)
		}
		if p.schemas[file], err = jsontree.Parse(text, jsontree.Limits{}); err != nil {
			p.t.Fatal(err)
		}
	}
	v := p.schemas[file]
	for _, key := range strings.Split(strings.TrimPrefix(pointer, "#"), "/")[1:] {
		if v = v.Get(key); v == nil {
			p.t.Fatalf("%s has no %s", file, pointer)
		}
	}
	return v
}

// follow returns a schema and those that it refers to.
func (p *page) follow(file string, schema *jsontree.Value) []*jsontree.Value {
	all := []*jsontree.Value{schema}
	if ref := schema.Str("$ref"); ref != "" {
		other, pointer, _ := strings.Cut(ref, "#")
		if other != "" {
			file = path.Base(other)
		}
		target := p.schemas[file]
		if target == nil || pointer != "" {
			target = p.at(file, "#"+pointer)
		}
		all = append(all, p.follow(file, target)...)
	}
	return all
}

// keys returns the table of an object's keys.
func (p *page) keys(file, pointer string) string {
	schema := p.at(file, pointer)
	required := map[string]bool{}
	for _, key := range schema.Get("required").Items() {
		required[key.Text()] = true
	}
	var out strings.Builder
	out.WriteString("| key | takes | meaning |\n|---|---|---|\n")
	for _, m := range schema.Get("properties").Members() {
		expected, description := p.takes(file, m.Value)
		key := "`" + m.Key + "`"
		if required[m.Key] {
			key += " (required)"
		}
		note := ""
		if newerOnly(file+pointer, m.Key) {
			note = " *Newer routes.*"
		}
		fmt.Fprintf(&out, "| %s | %s | %s%s |\n", key, cell(expected), cell(description), note)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// newerOnly reports whether only the newer routes read back what a key of a table
// declares.
func newerOnly(table, key string) bool {
	switch table {
	case "definitions.schema.json#/$defs/job":
		if key == "on_commit" {
			key = "build_if_code_updated" // its name in the API
		}
		return slices.Contains(wire.NewerRoutesOnly, key)
	case "definitions.schema.json#/$defs/scm":
		return slices.Contains(wire.NewerRoutesOnly, wire.KeySCMs+"."+key)
	}
	return false
}

// takes says what a key takes, and what for. The words nearest to the key win.
func (p *page) takes(file string, schema *jsontree.Value) (expected, description string) {
	for _, s := range p.follow(file, schema) {
		if expected == "" {
			expected = s.Str("x-expected")
		}
		if description == "" {
			description = s.Str("description")
		}
		if words := choices(s); words != "" && !strings.Contains(expected, " or ") {
			expected += ", such as " + words
		}
		if fallback := s.Get("default"); fallback != nil {
			description += " Default: " + fallback.Text() + "."
		}
	}
	if expected == "" {
		expected = "any value"
	}
	return expected, description
}

// choices lists the values of an enumeration that takes others as well.
func choices(schema *jsontree.Value) string {
	var words []string
	for _, part := range schema.Get("anyOf").Items() {
		for _, word := range part.Get("enum").Items() {
			if word.Kind() == jsontree.KindString {
				words = append(words, word.Text())
			}
		}
	}
	return strings.Join(words, ", ")
}

// cell makes a text fit for a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "\n", " ").Replace(text)
}

// example shows the files of an example.
func (p *page) example(name string) string {
	var out strings.Builder
	for _, file := range []string{"buildsync.yaml", "definitions/jobs.yaml", "scripts/build.sh"} {
		text, err := os.ReadFile(filepath.Join(languageFolder, name, filepath.FromSlash(file)))
		if err != nil {
			continue
		}
		if file == "buildsync.yaml" && !slices.Contains([]string{"parameters", "references"}, name) {
			continue // it says nothing that matters to the example
		}
		language := strings.TrimPrefix(path.Ext(file), ".")
		fmt.Fprintf(&out, "`%s`:\n\n```%s\n%s```\n\n", file, language, text)
		if canonical, err := format.Source(file, text, format.KindOf(file)); path.Ext(file) == ".yaml" && (err != nil || string(canonical) != string(text)) {
			p.t.Errorf("%s of the example %s is not in its canonical form: %v", file, name, err)
		}
	}
	return strings.TrimSuffix(out.String(), "\n\n")
}

// compile compiles an example, which must have no finding.
func (p *page) compile(name string) *compile.Result {
	p.t.Helper()
	tree, err := spec.OpenDir(filepath.Join(languageFolder, name))
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = tree.Close() }()
	options := spec.Options{}
	if name == "references" {
		options.Environment = "prod"
	}
	set, found := spec.Load(tree, options)
	result, more := compile.Compile(set, compile.Options{})
	for _, d := range append(found, more...) {
		p.t.Errorf("%s: %s: %s", name, d.Range.Start, d.Message)
	}
	return result
}

// compiled shows the first job of an example as it is compiled, or one member
// of it.
func (p *page) compiled(name, member string) string {
	result := p.compile(name)
	if len(result.Jobs) == 0 {
		p.t.Fatalf("%s compiles to no job", name)
	}
	body := result.Jobs[0].CreateBody()
	if member != "" {
		key, index, indexed := strings.Cut(member, "/")
		body = body.Get(key)
		if indexed {
			i, err := strconv.Atoi(index)
			if err != nil || i >= body.Len() {
				p.t.Fatalf("%s has no %s", name, member)
			}
			body = body.Items()[i]
		}
	}
	return "```json\n" + string(body.Indented()) + "```"
}

func (p *page) addresses(name string) string {
	var out strings.Builder
	for _, job := range p.compile(name).Jobs {
		out.WriteString(job.Address + "\n")
	}
	return "```\n" + out.String() + "```"
}

// checkComplete demands that every object of the language with keys of its own
// has a table, and that what the page says about defaults.job is so.
func (p *page) checkComplete() {
	for _, file := range []string{"definitions.schema.json", "workspace.schema.json"} {
		p.visit(file, "#", p.at(file, "#"))
	}
	var own []string
	defaults := p.at("definitions.schema.json", "#/$defs/jobDefaults/properties")
	for _, m := range p.at("definitions.schema.json", "#/$defs/job/properties").Members() {
		if defaults.Get(m.Key) == nil {
			own = append(own, m.Key)
		}
	}
	if diff := cmp.Diff([]string{"name", "matrix", "without", "id", "renamed_from"}, own); diff != "" {
		p.t.Errorf("keys of a job that defaults.job does not take (-on the page +in the schema):\n%s", diff)
	}
}

// inSentences are the objects that the page tells of without a table, and the
// fields of raw forms, which are the API's.
var inSentences = []string{
	"definitions.schema.json#/$defs/step", "definitions.schema.json#/$defs/jobEntry",
	"definitions.schema.json#/$defs/file", "definitions.schema.json#/$defs/jobDefaults",
	"definitions.schema.json#/$defs/rawParameter/properties/params/items",
	"definitions.schema.json#/$defs/trigger/then/properties/parameters/items",
	"workspace.schema.json#/properties/environments/additionalProperties",
}

func (p *page) visit(file, pointer string, schema *jsontree.Value) {
	name := file + pointer
	if schema.Get("properties").Len() > 0 && !slices.Contains(p.shown, name) && !slices.Contains(inSentences, name) {
		p.t.Errorf("no table shows %s", name)
	}
	for _, m := range schema.Members() {
		switch {
		case m.Key == "properties" || m.Key == "$defs":
			for _, named := range m.Value.Members() {
				p.visit(file, pointer+"/"+m.Key+"/"+named.Key, named.Value)
			}
		case m.Value.Kind() == jsontree.KindObject:
			p.visit(file, pointer+"/"+m.Key, m.Value)
		}
	}
}
