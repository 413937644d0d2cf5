package catalog

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint/secret"
)

// maxSources is how many places a harvested module names: enough to look it up.
const maxSources = 3

// Observation is a step that was seen on the service.
type Observation struct {
	Source   string          // where, such as "job shop/order" or "template maven"
	Step     *jsontree.Value // as the API has it (reference 4.18, CreateBuildJobSteps)
	Official bool            // the step is the vendor's own: its values are defaults, and nobody's secrets
}

// Harvest learns from steps that were seen what known does not say of their
// modules: ids, display names, versions, properties and their types, each with
// where it was seen. Values of the user's own steps are never taken over, since
// any of them may be private; those of official templates are the defaults of
// what is new. The service does not tell action words; a person adds those.
func Harvest(known *Catalogue, seen []Observation) []*Module {
	byID := map[string]*harvested{}
	for _, o := range seen {
		id, ok := o.Step.Get("module_id").AsString()
		if !ok || !isPlain(id) {
			continue
		}
		if byID[id] == nil {
			byID[id] = &harvested{
				names: map[string]int{}, versions: map[string]*jsontree.Value{}, types: map[string]Type{},
				seenIn: map[string]string{}, defaults: map[string]officialValue{},
			}
		}
		byID[id].observe(o)
	}
	var modules []*Module
	for id, h := range byID {
		if m := h.module(id, known.Module(id)); m != nil {
			modules = append(modules, m)
		}
	}
	slices.SortFunc(modules, func(a, b *Module) int { return strings.Compare(a.ID, b.ID) })
	return modules
}

// harvested holds the observations of one module.
type harvested struct {
	names    map[string]int
	versions map[string]*jsontree.Value
	types    map[string]Type
	sources  []string
	seenIn   map[string]string // where a property was seen first
	defaults map[string]officialValue
}

// officialValue is what official templates say of a property.
type officialValue struct {
	value  *jsontree.Value // nil: they differ
	source string
}

func (h *harvested) observe(o Observation) {
	if name := o.Step.Str("name"); isPlain(name) {
		h.names[name]++
	}
	if v := o.Step.Get("version"); v != nil {
		h.versions[string(v.AppendJSON(nil))] = v
	}
	if !slices.Contains(h.sources, o.Source) {
		h.sources = append(h.sources, o.Source)
	}
	for _, m := range o.Step.Get("properties").Members() {
		if !isPlain(m.Key) {
			continue // no modules file can hold such a key
		}
		if first, seen := h.seenIn[m.Key]; !seen || o.Source < first {
			h.seenIn[m.Key] = o.Source
		}
		if o.Official && isDefault(m.Key, m.Value) {
			known, seen := h.defaults[m.Key]
			switch {
			case !seen:
				h.defaults[m.Key] = officialValue{m.Value, o.Source}
			case known.value != nil && !jsontree.Equal(known.value, m.Value):
				h.defaults[m.Key] = officialValue{}
			case o.Source < known.source:
				h.defaults[m.Key] = officialValue{known.value, o.Source}
			}
		}
		if typ := typeOf(m.Value); typ != "" {
			h.types[m.Key] = joined(h.types[m.Key], typ, m.Value)
		} else if _, ok := h.types[m.Key]; !ok {
			h.types[m.Key] = ""
		}
	}
}

// longestDefault is the maximum length of a default in bytes: a longer one is
// an example's script.
const longestDefault = 200

// isDefault reports whether an official template's value can be in a modules
// file as the default of a property.
func isDefault(name string, v *jsontree.Value) bool {
	if secret.IsSecretName(name) {
		return false
	}
	switch v.Kind() {
	case jsontree.KindBool, jsontree.KindNumber:
		return true
	case jsontree.KindString:
		return v.Text() == "" || len(v.Text()) <= longestDefault && isPlain(v.Text())
	}
	return false
}

// isPlain reports whether a text holds nothing but what prints.
func isPlain(s string) bool {
	return s != "" && utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }) < 0
}

// typeOf returns the type of one value, "" for null, which any property may be.
func typeOf(v *jsontree.Value) Type {
	switch v.Kind() {
	case jsontree.KindBool:
		return Bool
	case jsontree.KindNumber:
		return Number
	case jsontree.KindArray:
		return Array
	case jsontree.KindObject:
		return Object
	case jsontree.KindString:
		return String
	}
	return ""
}

// joined returns the type that covers both the earlier and the new observation.
func joined(before, now Type, v *jsontree.Value) Type {
	switch {
	case before == "" || before == now:
		return now
	case before == BoolOrString && (now == Bool || isBoolText(v)):
		return BoolOrString
	case before == Bool && isBoolText(v):
		return BoolOrString
	}
	return Any
}

func isBoolText(v *jsontree.Value) bool {
	text, ok := v.AsString()
	return ok && (text == "true" || text == "false")
}

// module returns the observations that the catalogue lacks, nil if there are
// none.
func (h *harvested) module(id string, known *Module) *Module {
	m := &Module{ID: id, Confidence: Harvested}
	news := known == nil
	names := h.namesByCount()
	if known == nil {
		if len(names) > 0 {
			m.Name, m.Aliases = names[0], names[1:]
		}
	} else {
		m.Confidence = known.Confidence
	}
	for _, text := range slices.Sorted(maps.Keys(h.versions)) {
		if known == nil || !slices.ContainsFunc(known.Versions, func(v *jsontree.Value) bool { return jsontree.Equal(v, h.versions[text]) }) {
			m.Versions = append(m.Versions, h.versions[text])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.types)) {
		if known.Property(name) == nil {
			news = true
			p := Property{
				Name: name, Type: cmp.Or(h.types[name], Any), Confidence: Harvested, Source: h.seenIn[name], Boolish: h.types[name] == BoolOrString,
			}
			if official := h.defaults[name]; official.value != nil {
				p.Default, p.DefaultBasis = official.value, "official "+official.source
			}
			m.Properties = append(m.Properties, p)
		}
	}
	if !news && (len(m.Versions) == 0 || known.Confidence != Harvested) {
		return nil
	}
	slices.Sort(h.sources)
	m.Sources = h.sources[:min(len(h.sources), maxSources)]
	return m
}

// namesByCount lists the names that were seen, the most frequent first.
func (h *harvested) namesByCount() []string {
	names := slices.Sorted(maps.Keys(h.names))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(h.names[b], h.names[a]) })
	return names
}

// Merge lays harvested modules over those of a modules file: what the file says
// stays, and what it does not say is added.
func Merge(file, harvest []*Module) []*Module {
	merged := slices.Clone(file)
	for _, m := range harvest {
		i := slices.IndexFunc(merged, func(have *Module) bool { return have.ID == m.ID })
		if i < 0 {
			merged = append(merged, m)
		} else {
			merged[i] = m.overlaid(merged[i])
		}
	}
	slices.SortStableFunc(merged, func(a, b *Module) int { return strings.Compare(a.ID, b.ID) })
	return merged
}

// buildWith matches the display names that name a tool, in the languages of the
// service.
var buildWith = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:build with |)([a-z][a-z0-9]*)(?:\s*(?:语言)?构建)?$`)
})

// ProposedWord returns an action word that fits a harvested module, "" where its names
// give none, or where a word is there. It is for a person to confirm: a display
// name proves nothing.
func (c *Catalogue) ProposedWord(m *Module) string {
	if known := c.Module(m.ID); known != nil && known.Word() != "" || m.Word() != "" {
		return ""
	}
	for _, name := range append([]string{m.Name}, m.Aliases...) {
		parts := buildWith().FindStringSubmatch(strings.TrimSpace(name))
		if parts == nil || strings.EqualFold(parts[0], parts[1]) { // a word alone may be anything
			continue
		}
		if word := strings.ToLower(parts[1]); c.Action(word) == nil {
			return word
		}
	}
	return ""
}
