package pages

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

func wordsOf(m *catalog.Module) string {
	var words []string
	for _, a := range m.Actions {
		words = append(words, a.Word)
	}
	if words == nil {
		return "–"
	}
	return strings.Join(words, ", ")
}

// shownModule returns a module as text.
func shownModule(m *catalog.Module) string {
	var out screen.Paper
	head := &screen.Sheet{}
	head.Add("module", m.ID)
	head.Add("name", m.Name)
	for _, a := range m.Actions {
		head.Add("action", fmt.Sprintf("%s (%s)", a.Word, a.Confidence))
	}
	head.Add("confidence", string(m.Confidence))
	head.Add("what", m.Description)
	for _, source := range m.Sources {
		head.Add("source", source)
	}
	head.WriteTo(&out)
	if len(m.Properties) > 0 {
		rows := screen.NewTable("PROPERTY", "TYPE", "CONFIDENCE", "DEFAULT", "WHAT")
		for _, p := range m.Properties {
			value := ""
			if p.Default != nil {
				value = string(p.Default.AppendJSON(nil))
			}
			rows.Add(p.Name, string(p.Type), string(p.Confidence), value, p.Description)
		}
		out.WriteByte('\n')
		rows.WriteTo(&out)
		writeDefaultBases(&out, m.Properties)
	}
	if len(m.Inputs) > 0 {
		rows := screen.NewTable("INPUT", "PROPERTY", "CONFIDENCE", "NOTE")
		for _, input := range m.Inputs {
			rows.Add(input.Name, input.Property, string(input.Confidence), input.Note)
		}
		out.WriteByte('\n')
		rows.WriteTo(&out)
	}
	return out.String()
}

// writeDefaultBases says why the defaults of a module are believed: no document lists them.
func writeDefaultBases(out *screen.Paper, properties []catalog.Property) {
	var bases []string
	named := map[string][]string{}
	for _, p := range properties {
		if p.DefaultBasis == "" {
			continue
		}
		if named[p.DefaultBasis] == nil {
			bases = append(bases, p.DefaultBasis)
		}
		named[p.DefaultBasis] = append(named[p.DefaultBasis], p.Name)
	}
	if bases != nil {
		out.WriteByte('\n')
	}
	for _, basis := range bases {
		fmt.Fprintf(out, "default of %s: %s\n", strings.Join(named[basis], ", "), sanitize.Line(basis, 200))
	}
}

// moduleDocument returns a module as JSON.
func moduleDocument(m *catalog.Module) *jsontree.Value {
	texts := func(list []string) *jsontree.Value {
		array := jsontree.Array()
		for _, s := range list {
			array.Append(jsontree.String(s))
		}
		return array
	}
	object := func(pairs ...string) *jsontree.Value {
		o := jsontree.Object()
		for i := 0; i < len(pairs); i += 2 {
			o.Set(pairs[i], jsontree.String(pairs[i+1]))
		}
		return o
	}
	actions, properties, inputs := jsontree.Array(), jsontree.Array(), jsontree.Array()
	for _, a := range m.Actions {
		actions.Append(object("word", a.Word, "confidence", string(a.Confidence), "source", a.Source))
	}
	for _, p := range m.Properties {
		o := object("name", p.Name, "type", string(p.Type), "confidence", string(p.Confidence), "source", p.Source, "description", p.Description)
		if p.Default != nil {
			o.Set("default", p.Default)
			o.Set("default_basis", jsontree.String(p.DefaultBasis))
		}
		properties.Append(o)
	}
	for _, i := range m.Inputs {
		inputs.Append(object("name", i.Name, "property", i.Property, "confidence", string(i.Confidence), "source", i.Source, "note", i.Note))
	}
	document := object("module_id", m.ID, "name", m.Name, "description", m.Description, "confidence", string(m.Confidence))
	document.Set("sources", texts(m.Sources))
	document.Set("actions", actions)
	document.Set("properties", properties)
	document.Set("inputs", inputs)
	return document
}

// TemplateListDocument is template list as JSON.
type TemplateListDocument struct {
	Templates []wire.Template `json:"templates"`
	Complete  bool            `json:"complete"`
	Problem   string          `json:"problem,omitempty"`
}

func (d TemplateListDocument) Text(out *screen.Paper) {
	if len(d.Templates) == 0 {
		out.WriteString("No templates.\n")
		return
	}
	t := screen.NewTable("NAME", "UUID", "SCOPE", "TOOL", "CREATED", "CREATOR", "DESCRIPTION")
	for _, template := range d.Templates {
		t.Add(template.Name, template.UUID, template.Scope, template.ToolType, out.Time(template.CreateTime), template.UserName, template.Description)
	}
	t.WriteTo(out)
}

func WriteTemplate(out *screen.Paper, t wire.Template, item *jsontree.Value, modules *catalog.Catalogue) {
	var s screen.Sheet
	s.Add("Template", t.Name)
	s.Add("Uuid", t.UUID)
	s.Add("Scope", t.Scope)
	s.Add("Tool", t.ToolType)
	s.Add("Description", t.Description)
	s.Add("Creator", t.UserName)
	s.Add("Created", out.Time(t.CreateTime))
	s.WriteTo(out)
	writeParameters(out, wire.Member(item, wire.KeyParameters).Items())
	writeSteps(out, wire.Member(wire.Member(item, wire.KeyTemplate), wire.KeySteps).Items(), modules)
}

// TemplateOutcome is template delete as JSON.
type TemplateOutcome struct {
	UUID    string `json:"uuid"`
	Name    string `json:"name"`
	Outcome string `json:"outcome"` // deleted
}

// ModuleList lists step modules.
func ModuleList(modules []*catalog.Module) screen.Reply {
	list := jsontree.Array()
	for _, m := range modules {
		list.Append(moduleDocument(m))
	}
	doc := jsontree.Object(jsontree.Member{Key: "format_version", Value: jsontree.String("1.0")}, jsontree.Member{Key: "modules", Value: list})
	return screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
		rows := screen.NewTable("ACTION", "MODULE", "PROPERTIES", "CONFIDENCE", "NAME")
		for _, m := range modules {
			rows.Add(wordsOf(m), m.ID, strconv.Itoa(len(m.Properties)), string(m.Confidence), m.Name)
		}
		rows.WriteTo(out)
	}}
}

// ModulePage shows one step module.
func ModulePage(m *catalog.Module) screen.Reply {
	return screen.Reply{Doc: moduleDocument(m), Text: func(out *screen.Paper) { out.WriteString(shownModule(m)) }}
}

// Learned says of each module that was learned how many of its properties are new. steps is how
// many steps were looked at.
func Learned(known *catalog.Catalogue, harvest []*catalog.Module, steps int) string {
	if len(harvest) == 0 {
		return fmt.Sprintf("Nothing to add: the catalogue has the modules of all %d steps.\n", steps)
	}
	var out strings.Builder
	for _, m := range harvest {
		what, more, name := "new module", "", m.Name
		if before := known.Module(m.ID); before != nil {
			what, more, name = "known module", " more", before.Name
		}
		noun := "properties"
		if len(m.Properties) == 1 {
			noun = "property"
		}
		fmt.Fprintf(&out, "%s %s %s: %d%s %s (%s)\n", what, sanitize.Line(m.ID, 100), sanitize.Line(name, 60),
			len(m.Properties), more, noun, sanitize.Line(strings.Join(m.Sources, ", "), 200))
	}
	return out.String()
}
