// Package catalog knows the step modules of CodeArts Build: the module id
// after a build.yml action word, the properties that a module takes, and what
// the service adds to them.
//
// Only some ten module ids are public, so the catalogue is data, one file per
// module under modules/, and every fact carries its source and how sure it is.
// A workspace adds its own modules in a file of the same shape (see Decode),
// which may be harvested from the live service.
package catalog

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Confidence says how sure a fact is.
type Confidence string

// The confidences, surest first.
const (
	Documented   Confidence = "documented"             // in the vendor's reference or user guide
	Observed     Confidence = "observed"               // in public code or recordings that use it
	NoProperties Confidence = "observed-no-properties" // the module was seen, its properties were not
	NameOnly     Confidence = "id-and-name-only"       // a public text gives id and name, nothing else
	Harvested    Confidence = "harvested"              // read from the user's own service
	Inferred     Confidence = "inferred"               // our reasoning; verify before depending on it
)

// Module is one step module.
type Module struct {
	ID          string // devcloud2018.codeci_action_NNNNN.action
	Name        string // the display name, preferred spelling; never a key
	Aliases     []string
	Description string
	Confidence  Confidence
	Sources     []string
	Versions    []*jsontree.Value // the values of version that were seen, null among them
	Actions     []Action
	Properties  []Property // in the order of the file
	Inputs      []Input
}

// Action is a word that stands for a module in a definition, build.yml's own
// where it has one.
type Action struct {
	Word       string
	Confidence Confidence
	Source     string
}

// Type is the JSON type of a property.
type Type string

// The types. BoolOrString is a boolean that the service also takes, and
// returns, as the text "true" or "false". Any says that values of several types
// were seen.
const (
	String       Type = "string"
	Bool         Type = "bool"
	BoolOrString Type = "bool|string"
	Number       Type = "number"
	Array        Type = "array"
	Object       Type = "object"
	Any          Type = "any"
)

// Property is one key of a step's properties.
type Property struct {
	Name           string
	Type           Type
	Description    string
	Confidence     Confidence
	Source         string // "" if it is the module's
	Example        *jsontree.Value
	Known          []string        // every value that the vendor lists; nil: the list is not public
	Default        *jsontree.Value // nil if none is known
	DefaultBasis   string          // why Default is believed
	Boolish        bool            // true and "true" mean the same
	Required       bool            // the module needs it
	RequiredSource string
	ServerFills    bool // turns up on live steps that did not set it
	Secret         bool // never printed, compared or logged
	Items          *jsontree.Value
}

// Input is a build.yml input whose name is not the API's property name. A name
// with a dot stands for a key of a mapping: unit_test.report_path.
type Input struct {
	Name       string
	Property   string // "" if the property is not public
	Values     []InputValue
	Confidence Confidence
	Source     string
	Note       string // what to know, or what to write instead
}

// InputValue is a value of an input that the API spells differently. An empty To
// leaves the property out.
type InputValue struct{ From, To string }

// Property returns the property called name, nil if the catalogue has none.
func (m *Module) Property(name string) *Property {
	if m == nil {
		return nil
	}
	for i := range m.Properties {
		if m.Properties[i].Name == name {
			return &m.Properties[i]
		}
	}
	return nil
}

// Input returns the build.yml input called name, nil where its name is the
// property's own or is not known.
func (m *Module) Input(name string) *Input {
	if m == nil {
		return nil
	}
	for i := range m.Inputs {
		if m.Inputs[i].Name == name {
			return &m.Inputs[i]
		}
	}
	return nil
}

// HasInputsUnder reports whether the catalogue has inputs that are keys of the
// mapping called name.
func (m *Module) HasInputsUnder(name string) bool {
	if m == nil {
		return false
	}
	return slices.ContainsFunc(m.Inputs, func(in Input) bool { return strings.HasPrefix(in.Name, name+".") })
}

// InputNames returns every name that inputs may use: the properties' and
// build.yml's, sorted.
func (m *Module) InputNames() []string {
	if m == nil {
		return nil
	}
	var names []string
	for i := range m.Properties {
		names = append(names, m.Properties[i].Name)
	}
	for i := range m.Inputs {
		name, _, _ := strings.Cut(m.Inputs[i].Name, ".")
		names = append(names, name)
	}
	sort.Strings(names)
	return slices.Compact(names)
}

// Word returns the action word to write for the module, "" if there is none
// and the raw form must be used.
func (m *Module) Word() string {
	if m == nil || len(m.Actions) == 0 {
		return ""
	}
	return m.Actions[0].Word
}

// Catalogue is a set of modules. It never changes once made and may be shared.
type Catalogue struct {
	modules []*Module // by id
	byID    map[string]*Module
	byWord  map[string]*Module
}

// newCatalogue makes a catalogue. Of two modules with one id, and of two that claim one
// action word, the later one counts.
func newCatalogue(modules []*Module) *Catalogue {
	c := &Catalogue{byID: make(map[string]*Module, len(modules)), byWord: make(map[string]*Module, len(modules))}
	for _, m := range modules {
		c.byID[m.ID] = m
	}
	for _, m := range modules {
		if c.byID[m.ID] != m {
			continue
		}
		c.modules = append(c.modules, m)
		for _, a := range m.Actions {
			c.byWord[a.Word] = m
		}
	}
	slices.SortFunc(c.modules, func(a, b *Module) int { return strings.Compare(a.ID, b.ID) })
	return c
}

// With returns a catalogue that also has the modules given. What they say of a
// module that c knows already wins, fact by fact: a harvested list of properties
// does not take the action words away.
func (c *Catalogue) With(modules []*Module) *Catalogue {
	if len(modules) == 0 {
		return c
	}
	all := slices.Clone(c.modules)
	for _, m := range modules {
		if known := c.byID[m.ID]; known != nil {
			m = known.overlaid(m)
		}
		all = append(all, m)
	}
	return newCatalogue(all)
}

// overlaid returns what m and own say together, own first.
func (m *Module) overlaid(own *Module) *Module {
	merged := *own
	merged.Name = cmp.Or(own.Name, m.Name)
	merged.Description = cmp.Or(own.Description, m.Description)
	merged.Confidence = cmp.Or(own.Confidence, m.Confidence)
	merged.Aliases = union(own.Aliases, m.Aliases, func(a, b string) bool { return a == b })
	merged.Sources = union(own.Sources, m.Sources, func(a, b string) bool { return a == b })
	merged.Versions = union(own.Versions, m.Versions, jsontree.Equal)
	merged.Actions = union(own.Actions, m.Actions, func(a, b Action) bool { return a.Word == b.Word })
	merged.Inputs = union(own.Inputs, m.Inputs, func(a, b Input) bool { return a.Name == b.Name })
	merged.Properties = slices.Clone(m.Properties)
	for _, p := range own.Properties {
		if at := slices.IndexFunc(merged.Properties, func(q Property) bool { return q.Name == p.Name }); at >= 0 {
			merged.Properties[at] = p
		} else {
			merged.Properties = append(merged.Properties, p)
		}
	}
	return &merged
}

// union is first, and what of second first does not have.
func union[T any](first, second []T, same func(a, b T) bool) []T {
	all := slices.Clone(first)
	for _, item := range second {
		if !slices.ContainsFunc(first, func(have T) bool { return same(have, item) }) {
			all = append(all, item)
		}
	}
	return all
}

// Modules returns all modules by id. The caller must not change them.
func (c *Catalogue) Modules() []*Module { return c.modules }

// Module returns the module with the id given, nil if it is not known.
func (c *Catalogue) Module(id string) *Module {
	if c == nil {
		return nil
	}
	return c.byID[id]
}

// Action returns the module that an action word stands for, nil if the word
// is not known.
func (c *Catalogue) Action(word string) *Module {
	if c == nil {
		return nil
	}
	return c.byWord[word]
}

// Words returns all action words, sorted.
func (c *Catalogue) Words() []string {
	words := make([]string, 0, len(c.byWord))
	for word := range c.byWord {
		words = append(words, word)
	}
	sort.Strings(words)
	return words
}

//go:embed modules/*.json
var embedded embed.FS

var parseEmbedded = sync.OnceValue(func() *Catalogue {
	entries, err := embedded.ReadDir("modules")
	if err != nil {
		panic("bug in buildsync: embedded catalogue: " + err.Error())
	}
	modules := make([]*Module, 0, len(entries))
	for _, entry := range entries {
		m, err := readEmbedded(entry.Name())
		if err != nil {
			panic("bug in buildsync: embedded catalogue: " + err.Error())
		}
		modules = append(modules, m)
	}
	return newCatalogue(modules)
})

// Default returns the catalogue that buildsync ships. It is read once, on the
// first call.
func Default() *Catalogue { return parseEmbedded() }

func readEmbedded(name string) (*Module, error) {
	source, err := embedded.ReadFile("modules/" + name)
	if err != nil {
		return nil, err
	}
	value, err := jsontree.Parse(source, jsontree.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d := decoder{}
	m := d.module(nodeOf(value, name))
	if len(d.diags) > 0 {
		first := d.diags[0]
		return nil, fmt.Errorf("%s: %s: %s", name, first.Pointer, first.Message)
	}
	return m, nil
}

// nodeOf shows JSON as the nodes of a definition file, so that one decoder
// reads both; the places are the file's name alone.
func nodeOf(v *jsontree.Value, file string) *spec.Node {
	n := &spec.Node{Kind: spec.ScalarNode, Text: v.Text(), Range: spec.Range{Start: spec.Pos{File: file}, End: spec.Pos{File: file}}}
	switch v.Kind() {
	case jsontree.KindString:
		n.Type, n.Style = spec.StringType, spec.DoubleQuotedStyle
	case jsontree.KindNumber:
		n.Type = spec.FloatType
	case jsontree.KindBool:
		n.Type = spec.BoolType
	case jsontree.KindArray:
		n.Kind = spec.SequenceNode
		for _, item := range v.Items() {
			n.Items = append(n.Items, nodeOf(item, file))
		}
	case jsontree.KindObject:
		n.Kind = spec.MappingNode
		for _, member := range v.Members() {
			key := nodeOf(jsontree.String(member.Key), file)
			n.Fields = append(n.Fields, spec.Field{Key: key, Value: nodeOf(member.Value, file)})
		}
	default:
		n.Type, n.Text = spec.NullType, "null"
	}
	return n
}
