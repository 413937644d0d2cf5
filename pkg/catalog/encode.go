package catalog

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

const header = `# Step modules of this workspace, laid over those that buildsync ships.
# Add a word under actions to use it as a step's key in the definitions.
version: 1
`

// Encode writes modules in the form that Decode reads, one property a line, in
// the order given.
func Encode(modules []*Module) []byte {
	e := encoder{out: []byte(header)}
	if len(modules) == 0 {
		return append(e.out, "modules: []\n"...)
	}
	e.out = append(e.out, "modules:\n"...)
	for _, m := range modules {
		e.module(m)
	}
	return e.out
}

type encoder struct{ out []byte }

// line writes a key with its value; an empty value is left out.
func (e *encoder) line(indent, key, value string) {
	if value != "" {
		e.out = append(e.out, indent+key+": "+value+"\n"...)
	}
}

func (e *encoder) module(m *Module) {
	const in = "    "
	e.out = append(e.out, "  - module_id: "+quoted(m.ID)+"\n"...)
	e.line(in, "name", quotedOrNone(m.Name))
	e.line(in, "aliases", listOf(m.Aliases))
	e.line(in, "description", quotedOrNone(m.Description))
	e.line(in, "confidence", string(m.Confidence))
	e.line(in, "sources", listOf(m.Sources))
	if len(m.Versions) > 0 {
		e.line(in, "versions_seen", flow(jsontree.Array(m.Versions...)))
	}
	if len(m.Actions) > 0 {
		e.out = append(e.out, in+"actions:\n"...)
		for _, a := range m.Actions {
			f := fields{}
			f.add("word", quoted(a.Word))
			f.add("confidence", string(a.Confidence))
			f.add("source", quotedOrNone(a.Source))
			e.out = append(e.out, in+"  - "+f.String()+"\n"...)
		}
	}
	if len(m.Properties) > 0 {
		e.out = append(e.out, in+"properties:\n"...)
		for i := range m.Properties {
			e.line(in+"  ", quotedKey(m.Properties[i].Name), propertyFields(&m.Properties[i]).String())
		}
	}
	if len(m.Inputs) > 0 {
		e.out = append(e.out, in+"inputs:\n"...)
		for i := range m.Inputs {
			e.line(in+"  ", quotedKey(m.Inputs[i].Name), inputFields(&m.Inputs[i]).String())
		}
	}
}

func propertyFields(p *Property) *fields {
	f := &fields{}
	f.add("type", quoted(string(p.Type)))
	f.add("description", quotedOrNone(p.Description))
	f.add("confidence", string(p.Confidence))
	f.add("source", quotedOrNone(p.Source))
	if p.Example != nil {
		f.add("example", flow(p.Example))
	}
	f.add("known_values", listOf(p.Known))
	if p.Default != nil {
		f.add("default", flow(p.Default))
	}
	f.add("default_basis", quotedOrNone(p.DefaultBasis))
	if p.Boolish && p.Type != BoolOrString {
		f.add("normalise", "boolish")
	}
	f.flag("required", p.Required)
	f.add("required_source", quotedOrNone(p.RequiredSource))
	f.flag("server_fills", p.ServerFills)
	f.flag("secret", p.Secret)
	if p.Items != nil {
		f.add("items", flow(p.Items))
	}
	return f
}

func inputFields(in *Input) *fields {
	f := &fields{}
	f.add("property", quotedOrNone(in.Property))
	if len(in.Values) > 0 {
		values := &fields{}
		for _, v := range in.Values {
			values.add(quoted(v.From), quoted(v.To))
		}
		f.add("values", values.String())
	}
	f.add("confidence", string(in.Confidence))
	f.add("source", quotedOrNone(in.Source))
	f.add("note", quotedOrNone(in.Note))
	return f
}

// fields is a mapping on one line.
type fields struct{ text []byte }

func (f *fields) add(key, value string) {
	if value == "" {
		return
	}
	if len(f.text) > 0 {
		f.text = append(f.text, ", "...)
	}
	f.text = append(f.text, key+": "+value...)
}

func (f *fields) flag(key string, set bool) {
	if set {
		f.add(key, "true")
	}
}

func (f *fields) String() string { return "{" + string(f.text) + "}" }

func listOf(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	items := make([]*jsontree.Value, 0, len(texts))
	for _, s := range texts {
		items = append(items, jsontree.String(s))
	}
	return flow(jsontree.Array(items...))
}

// flow writes a value on one line, as YAML that is JSON except for its escapes.
func flow(v *jsontree.Value) string {
	switch v.Kind() {
	case jsontree.KindString:
		return quoted(v.Text())
	case jsontree.KindArray:
		text := "["
		for i, item := range v.Items() {
			if i > 0 {
				text += ", "
			}
			text += flow(item)
		}
		return text + "]"
	case jsontree.KindObject:
		f := &fields{}
		for _, m := range v.Members() {
			f.add(quoted(m.Key), flow(m.Value))
		}
		return f.String()
	case jsontree.KindAbsent, jsontree.KindNull:
		return "null"
	}
	return v.Text()
}

// quoted writes a text as a double-quoted scalar. JSON's surrogate pairs are no
// YAML, so what does not print is escaped in YAML's own way.
func quoted(s string) string {
	out := []byte{'"'}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r == ' ' || unicode.IsPrint(r) && r != 0xfeff:
			out = utf8.AppendRune(out, r)
		case r < 0x100:
			out = fmt.Appendf(out, `\x%02x`, r)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = fmt.Appendf(out, `\U%08x`, r)
		}
	}
	return string(append(out, '"'))
}

func quotedOrNone(s string) string {
	if s == "" {
		return ""
	}
	return quoted(s)
}

// quotedKey leaves quotes away where no reader could take the key for something
// else.
func quotedKey(s string) string {
	if hasWordLetters(s) && len(s) > 1 && s[0] > '9' && s != "null" && s != "true" && s != "false" && s[0] != '-' {
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			return s
		}
	}
	return quoted(s)
}
