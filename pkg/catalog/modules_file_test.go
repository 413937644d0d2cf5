package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

const modulesFile = `version: 1
modules:
  - module_id: devcloud2018.codeci_action_20099.action
    name: Build with Gradle
    actions: [gradle, {word: gradlew, confidence: inferred, source: a colleague}]
    sources: [job shop/gradle-lib]
    versions_seen: [null, "1.10"]
    properties:
      command: {type: string, required: true, example: gradle build}
      cache: {type: "bool|string", default: false}
      token: {secret: true}
      anything:
    inputs:
      tasks: command
      offline: {property: cache, values: {"yes": "true"}, note: no is not known}
`

func TestDecode(t *testing.T) {
	t.Parallel()
	modules, diags := catalog.Decode("modules.yaml", []byte(modulesFile))
	if len(diags) > 0 || len(modules) != 1 {
		t.Fatalf("%d modules, %+v", len(modules), diags)
	}
	m := modules[0]
	if m.Confidence != catalog.Harvested || m.Word() != "gradle" || m.Actions[1].Confidence != catalog.Inferred {
		t.Errorf("module: %+v", m)
	}
	if len(m.Versions) != 2 || m.Versions[0].Kind() != jsontree.KindNull || m.Versions[1].Text() != "1.10" {
		t.Errorf("versions: %v", m.Versions)
	}
	if p := m.Property("cache"); !p.Boolish || p.Default.Text() != "false" {
		t.Errorf("cache: %+v", p)
	}
	if !m.Property("command").Required || !m.Property("token").Secret || m.Property("anything").Type != catalog.String {
		t.Errorf("properties: %+v", m.Properties)
	}
	if in := m.Input("offline"); in.Property != "cache" || len(in.Values) != 1 || m.Input("tasks").Property != "command" {
		t.Errorf("inputs: %+v", m.Inputs)
	}
}

func TestDecodeFindings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, source, want string }{
		{"no mapping", "[]", "1:1 the modules file must be a mapping"},
		{"no version", "modules: []", "1:1 a modules file begins with version: 1"},
		{"another version", "version: 2", "1:10 a modules file begins with version: 1"},
		{"unknown key", "version: 1\nmodule: []", `2:1 the modules file has no key "module" (did you mean "modules"?)`},
		{"no list", "version: 1\nmodules: {}", "2:10 modules must be a list"},
		{"no id", "version: 1\nmodules: [{name: a}]", "2:11 a module needs its module_id"},
		{"twice", "version: 1\nmodules: [{module_id: a}, {module_id: a}]", `2:39 "a" is listed twice in this file`},
		{"word twice", "version: 1\nmodules: [{module_id: a, actions: [w]}, {module_id: b, actions: [w]}]", `2:65 "w" is listed twice in this file`},
		{"bad word", "version: 1\nmodules: [{module_id: a, actions: [module_id]}]", `2:36 "module_id" is not an action word (letters, digits and _, such as upload_artifact)`},
		{"bad type", "version: 1\nmodules: [{module_id: a, properties: {p: {type: text}}}]", `2:49 "text" is not a type (write string, bool, bool|string, number, array, object or any)`},
		{"bad confidence", "version: 1\nmodules: [{module_id: a, confidence: sure}]", `2:38 "sure" is not a confidence (write documented, observed, observed-no-properties, id-and-name-only, harvested or inferred)`},
		{"bad flag", "version: 1\nmodules: [{module_id: a, properties: {p: {required: maybe}}}]", `2:53 required must be true or false`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, diags := catalog.Decode("modules.yaml", []byte(c.source))
			var lines []string
			for _, d := range diags {
				line := fmt.Sprintf("%d:%d %s", d.Range.Start.Line, d.Range.Start.Column, d.Message)
				if d.Hint != "" {
					line += " (" + d.Hint + ")"
				}
				lines = append(lines, line)
			}
			if !slices.Contains(lines, c.want) {
				t.Errorf("have %s\nwant %s", strings.Join(lines, "\n     "), c.want)
			}
		})
	}
}

// TestEncode checks that encoding and decoding returns the same modules, for the shipped ones and
// for any text.
func TestEncode(t *testing.T) {
	t.Parallel()
	again(t, catalog.Default().Modules())
	if modules, diags := catalog.Decode("m", catalog.Encode(nil)); len(modules) != 0 || len(diags) != 0 {
		t.Errorf("no modules: %v, %v", modules, diags)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune{'a', '"', '\\', '\n', '\t', ' ', '#', ':', '\'', '{', 0x85, 0xfeff, 0x202e, 0x2028, '构', 0xe0001, '😀', 0x7f, '\r'}))
		name := rapid.StringMatching(`[a-z][a-zA-Z0-9_.~:#{} -]*[a-z]|null|true|1\.10|构建`) // the decoder refuses unprintable characters in a key or a name
		m := &catalog.Module{
			ID: "id" + name.Draw(t, "id"), Name: name.Draw(t, "name"), Description: text.Draw(t, "description"), Confidence: catalog.Observed, Sources: []string{text.Draw(t, "source")},
			Properties: []catalog.Property{{
				Name: name.Draw(t, "property"), Type: catalog.Any, Confidence: catalog.Observed,
				Example: jsontree.Object(jsontree.Member{Key: name.Draw(t, "key"), Value: jsontree.Array(jsontree.String(text.Draw(t, "example")), jsontree.Null())}),
			}},
		}
		again(t, []*catalog.Module{m})
	})
}

func again(t interface{ Fatalf(string, ...any) }, modules []*catalog.Module) {
	encoded := catalog.Encode(modules)
	decoded, diags := catalog.Decode("m", encoded)
	if len(diags) > 0 {
		t.Fatalf("what was written cannot be read: %+v\n%s", diags[0], encoded)
	}
	if once := catalog.Encode(decoded); string(once) != string(encoded) {
		t.Fatalf("what was written is read otherwise:\n%s\n%s", encoded, once)
	}
	for i, m := range decoded {
		if m.ID != modules[i].ID || m.Name != modules[i].Name || len(m.Properties) != len(modules[i].Properties) {
			t.Fatalf("have %+v, want %+v", m, modules[i])
		}
		for j, p := range m.Properties {
			if want := modules[i].Properties[j]; p.Name != want.Name || !jsontree.Equal(p.Example, want.Example) || p.Boolish != want.Boolish {
				t.Fatalf("have %+v, want %+v", p, want)
			}
		}
	}
}

func TestForWorkspace(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{"modules.yaml": modulesFile}
	path := &spec.Node{Kind: spec.ScalarNode, Type: spec.StringType, Text: "modules.yaml"}
	c, diags := catalog.ForWorkspace(&spec.Set{Tree: tree, Workspace: &spec.Workspace{Modules: path}})
	if len(diags) > 0 || c.Action("gradle") == nil || c.Action("maven") == nil {
		t.Errorf("the workspace's modules were not added: %v", diags)
	}
	path = &spec.Node{Kind: spec.ScalarNode, Type: spec.StringType, Text: "missing.yaml"}
	c, diags = catalog.ForWorkspace(&spec.Set{Tree: tree, Workspace: &spec.Workspace{Modules: path}})
	if len(diags) != 1 || c.Action("maven") == nil {
		t.Errorf("a missing file must be one finding: %v", diags)
	}
	c, diags = catalog.ForWorkspace(&spec.Set{Tree: tree, Workspace: &spec.Workspace{}})
	if len(diags) > 0 || c != catalog.Default() {
		t.Errorf("without a modules file the shipped catalogue is enough: %v", diags)
	}
}

func TestHarvest(t *testing.T) {
	t.Parallel()
	step := func(text string) *jsontree.Value {
		v, err := jsontree.Parse([]byte(text), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	seen := []catalog.Observation{
		{Source: "job shop/a", Step: step(`{"module_id":"m1","name":"Gradle","version":null,"properties":{"command":"secret words","on":true,"mix":1,"none":null,"odd\nname":1}}`)},
		{Source: "job shop/b", Step: step(`{"module_id":"m1","name":"Gradle构建","version":"2","properties":{"on":"false","mix":"x"}}`)},
		{Source: "job shop/c", Step: step(`{"module_id":"m1","name":"Gradle","properties":{}}`)},
		{Source: "job shop/c", Step: step(`{"module_id":"devcloud2018.codeci_action_20017.action","name":"sh","properties":{"command":"x","shellType":"bash"}}`)},
		{Source: "job shop/c", Step: step(`{"module_id":"devcloud2018.codeci_action_20014.action","name":"npm","properties":{"command":"x"}}`)},
		{Source: "job shop/d", Step: step(`{"name":"no module"}`)},
	}
	modules := catalog.Harvest(catalog.Default(), seen)
	if len(modules) != 2 {
		t.Fatalf("%d modules, want the new one and the one with a new property", len(modules))
	}
	if strings.Contains(string(catalog.Encode(modules)), "secret words") {
		t.Error("a value was taken over")
	}
	var properties []string
	for _, p := range modules[1].Properties {
		properties = append(properties, p.Name+":"+string(p.Type))
	}
	m := modules[1]
	have := fmt.Sprint(m.ID, m.Name, m.Aliases, len(m.Versions), m.Sources, properties)
	if want := "m1Gradle[Gradle构建] 2 [job shop/a job shop/b job shop/c] [command:string mix:any none:any on:bool|string]"; have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
	if sh := modules[0]; len(sh.Properties) != 1 || sh.Properties[0].Name != "shellType" {
		t.Errorf("of a known module only the news count: %+v", sh)
	}
	file := []*catalog.Module{{ID: "m1", Name: "Ours", Actions: []catalog.Action{{Word: "gradle"}}, Properties: []catalog.Property{{Name: "on", Type: catalog.Bool}}}}
	merged := catalog.Merge(file, modules)
	if len(merged) != 2 || merged[1].Name != "Ours" || merged[1].Word() != "gradle" || merged[1].Property("on").Type != catalog.Bool || merged[1].Property("command") == nil {
		t.Errorf("merging loses what the file says: %+v", merged[1])
	}
	if again := catalog.Harvest(catalog.Default().With(merged), seen); len(again) != 0 {
		t.Errorf("a second harvest finds news: %+v", again[0])
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(modulesFile))
	f.Add(catalog.Encode(catalog.Default().Modules()))
	f.Fuzz(func(t *testing.T, source []byte) {
		modules, diags := catalog.Decode("m", source)
		if !diags.HasErrors() {
			if _, again := catalog.Decode("m", catalog.Encode(modules)); again.HasErrors() {
				t.Errorf("what was read and written cannot be read: %+v", again)
			}
		}
	})
}
