package catalog_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestTable checks the shipped data itself: a slip there would reach every
// definition that uses the module.
func TestTable(t *testing.T) {
	t.Parallel()
	words := map[string]string{}
	for _, m := range catalog.Default().Modules() {
		t.Run(m.ID, func(t *testing.T) {
			if !strings.HasPrefix(m.ID, "devcloud2018.codeci_action_") || !strings.HasSuffix(m.ID, ".action") {
				t.Errorf("module id %q is not of the action form", m.ID)
			}
			if m.Name == "" || m.Description == "" || len(m.Sources) == 0 || m.Confidence == "" {
				t.Errorf("a module needs name, description, sources and confidence")
			}
			if len(m.Properties) == 0 && (m.Confidence == catalog.Documented || m.Confidence == catalog.Observed) {
				t.Errorf("confidence %q without properties", m.Confidence)
			}
			for _, a := range m.Actions {
				if other, taken := words[a.Word]; taken {
					t.Errorf("action word %q stands for %s already", a.Word, other)
				}
				words[a.Word] = m.ID
				if a.Source == "" || a.Confidence == "" {
					t.Errorf("action word %q has no source or confidence", a.Word)
				}
			}
			checkProperties(t, m)
			checkInputs(t, m)
		})
	}
	if len(words) == 0 {
		t.Fatal("no action words")
	}
}

func checkProperties(t *testing.T, m *catalog.Module) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range m.Properties {
		if seen[p.Name] {
			t.Errorf("property %q twice", p.Name)
		}
		seen[p.Name] = true
		if p.Description == "" || p.Confidence == "" {
			t.Errorf("property %q has no description or confidence", p.Name)
		}
		if p.Default != nil && (!isOfType(p.Default, p.Type) || p.DefaultBasis == "") {
			t.Errorf("property %q: default %s is not of type %s, or has no basis", p.Name, p.Default.AppendJSON(nil), p.Type)
		}
		if p.Example != nil && !isOfType(p.Example, p.Type) {
			t.Errorf("property %q: example %s is not of type %s", p.Name, p.Example.AppendJSON(nil), p.Type)
		}
		if p.Required && p.RequiredSource == "" {
			t.Errorf("property %q is required, by which source?", p.Name)
		}
	}
}

func checkInputs(t *testing.T, m *catalog.Module) {
	t.Helper()
	seen := map[string]bool{}
	for _, in := range m.Inputs {
		if seen[in.Name] {
			t.Errorf("input %q twice", in.Name)
		}
		seen[in.Name] = true
		switch {
		case in.Source == "" || in.Confidence == "":
			t.Errorf("input %q has no source or confidence", in.Name)
		case in.Property == "" && in.Note == "":
			t.Errorf("input %q has neither a property nor a note that says what to write", in.Name)
		case in.Property != "" && len(m.Properties) > 0 && m.Property(in.Property) == nil:
			t.Errorf("input %q: the module has no property %q", in.Name, in.Property)
		case in.Property != in.Name && m.Property(in.Name) != nil:
			t.Errorf("input %q hides the property of that name", in.Name)
		}
	}
}

func isOfType(v *jsontree.Value, typ catalog.Type) bool {
	switch v.Kind() {
	case jsontree.KindBool:
		return typ == catalog.Bool || typ == catalog.BoolOrString
	case jsontree.KindString:
		return typ == catalog.String || typ == catalog.BoolOrString
	case jsontree.KindNumber:
		return typ == catalog.Number
	case jsontree.KindArray:
		return typ == catalog.Array
	case jsontree.KindObject:
		return typ == catalog.Object
	}
	return false
}

func TestLookup(t *testing.T) {
	t.Parallel()
	c := catalog.Default()
	for word, want := range map[string]string{
		"maven": "20043", "sh": "20017", "npm": "20014", "upload_artifact": "20018", "upload_obs": "20057",
		"swr": "20028", "docker": "20035", "cmake": "20005", "build_image": "20004",
	} {
		m := c.Action(word)
		if m == nil {
			t.Errorf("action %q is not known", word)
			continue
		}
		if !strings.Contains(m.ID, want) || m.Word() != word || c.Module(m.ID) != m {
			t.Errorf("action %q stands for %s, want %s", word, m.ID, want)
		}
	}
	if c.Action("gradle") != nil || c.Module("nothing") != nil {
		t.Error("an unknown module was found")
	}
	if !slices.IsSorted(c.Words()) {
		t.Errorf("words are not sorted: %v", c.Words())
	}
	maven := c.Action("maven")
	if p := maven.Property("ignoreTest"); p == nil || !p.Boolish {
		t.Error("ignoreTest is a boolish property of maven")
	}
	if p := c.Action("npm").Property("preCondition"); p == nil || !p.ServerFills {
		t.Error("preCondition is filled by the server")
	}
	if in := c.Action("upload_artifact").Input("path"); in == nil || in.Property != "file" {
		t.Error("build.yml's path is the property file")
	}
	// The vendor's page of build tools and versions lists these images of maven.
	images := strings.Fields("maven3.9.9-jdk8-open maven3.9.5-jdk21 maven3.9.5-jdk17 maven3.8.5-jdk17 maven3.6.3-jdk11 maven3.6.1-jdk10 maven3.5.3-jdk8-open maven3.5.3-jdk7")
	if got := maven.Property("image").Known; !slices.Equal(got, images) {
		t.Errorf("known images of maven: %q, want %q", got, images)
	}
	var none *catalog.Module
	if none.Property("x") != nil || none.Input("x") != nil || none.Word() != "" || none.InputNames() != nil || none.HasInputsUnder("x") {
		t.Error("an unknown module has nothing")
	}
	if !maven.HasInputsUnder("unit_test") || maven.HasInputsUnder("unit") {
		t.Error("unit_test is a mapping of inputs")
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	own := &catalog.Module{
		ID: "devcloud2018.codeci_action_20017.action", Name: "Our shell", Actions: []catalog.Action{{Word: "bash"}},
		Properties: []catalog.Property{{Name: "shellType", Type: catalog.String}, {Name: "image", Type: catalog.String, Required: true}},
	}
	other := &catalog.Module{ID: "devcloud2018.codeci_action_20099.action", Name: "Build with Gradle", Actions: []catalog.Action{{Word: "gradle"}}}
	c := catalog.Default().With([]*catalog.Module{own, other})
	m := c.Action("bash")
	if m == nil || m != c.Action("sh") || m.Name != "Our shell" || m.Word() != "bash" {
		t.Fatalf("the workspace's facts were not laid over the shipped ones: %+v", m)
	}
	if p := m.Property("image"); p == nil || !p.Required {
		t.Error("the workspace's property does not win")
	}
	if m.Property("command") == nil || m.Property("shellType") == nil {
		t.Error("properties of one side are missing")
	}
	if c.Action("gradle") != other {
		t.Error("the new module is missing")
	}
	if shipped := catalog.Default().Action("sh"); shipped.Name == "Our shell" || shipped.Property("shellType") != nil {
		t.Error("the shipped catalogue was changed")
	}
}

// TestSchemaOffersTheWords checks that editors complete the words that the catalogue knows, and no
// others.
func TestSchemaOffersTheWords(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../schemas/definitions.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsontree.Parse(source, jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var offered []string
	for _, m := range schema.Get("$defs").Get("actionStep").Get("properties").Members() {
		offered = append(offered, m.Key)
	}
	slices.Sort(offered)
	if want := catalog.Default().Words(); !slices.Equal(offered, want) {
		t.Errorf("the schema offers %v, the catalogue has %v", offered, want)
	}
}
