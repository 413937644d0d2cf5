package export

import (
	"cmp"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// similarEnough is the least share of equal values at which two items with different names count as
// a renamed one, as in a plan.
const similarEnough = 0.5

// pairItems finds the item of have that corresponds to each item of want, -1 for none.
func (x *includes) pairItems(have *spec.Node, want *yamltext.Node) (partners []int, paired int) {
	forms := make([][]*yamltext.Node, 0, len(want.Items))
	for _, item := range want.Items {
		forms = append(forms, []*yamltext.Node{item})
	}
	return x.pairForms(have, forms, kindOf)
}

func (x *includes) partnersOf(have *spec.Node, want *yamltext.Node) []int {
	partners, _ := x.pairItems(have, want)
	return partners
}

// pairForms pairs wanted items, each with its possible forms: by name, then, among those of one
// kind, by content.
func (x *includes) pairForms(have *spec.Node, want [][]*yamltext.Node, kind func(*yamltext.Node) string) (partners []int, paired int) {
	partners = make([]int, len(want))
	used := make([]bool, len(have.Items))
	old := make([]*yamltext.Node, len(have.Items))
	byLabel := map[string][]int{}
	for i, item := range have.Items {
		old[i] = x.fromSpec(item)
		byLabel[labelOf(old[i])] = append(byLabel[labelOf(old[i])], i)
	}
	for j, forms := range want {
		partners[j] = -1
		label := labelOf(forms[0])
		if free := byLabel[label]; len(free) > 0 {
			partners[j], byLabel[label] = free[0], free[1:]
			used[free[0]] = true
			paired++
		}
	}
	type candidate struct {
		i, j  int
		score float64
	}
	var candidates []candidate
	for j, forms := range want {
		if partners[j] >= 0 {
			continue
		}
		for i := range old {
			if !used[i] && kind(old[i]) == kind(forms[0]) {
				if _, score := nearestForm(old[i], forms); score >= similarEnough {
					candidates = append(candidates, candidate{i, j, score})
				}
			}
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	for _, c := range candidates {
		if !used[c.i] && partners[c.j] < 0 {
			partners[c.j], used[c.i] = c.i, true
			paired++
		}
	}
	return partners, paired
}

// nearestForm returns the form that is most like what is written now.
func nearestForm(have *yamltext.Node, forms []*yamltext.Node) (nearest *yamltext.Node, score float64) {
	for _, form := range forms {
		if s := similarity(have, form); nearest == nil || s > score {
			nearest, score = form, s
		}
	}
	return nearest, score
}

// keepForms writes the steps of want in the forms of the definition: a step in the API's form keeps
// it.
func (e *Exporter) keepForms(x *includes, have *spec.Node, want *yamltext.Node, live *jsontree.Value) {
	steps, written := want.Get(wire.KeySteps), have.Get(wire.KeySteps)
	items := tidy(live, e.catalogue).Get(wire.KeySteps).Items()
	if steps == nil || written == nil || len(steps.Items) != len(items) {
		return
	}
	forms := make([][]*yamltext.Node, 0, len(items))
	for i, item := range items {
		if item.Kind() != jsontree.KindObject {
			return
		}
		forms = append(forms, append([]*yamltext.Node{steps.Items[i]}, e.stepForms(item)...))
	}
	partners, _ := x.pairForms(written, forms, e.moduleOf)
	for j, i := range partners {
		if i >= 0 {
			steps.Items[j], _ = nearestForm(x.fromSpec(written.Items[i]), forms[j])
		}
	}
}

// keepChannels keeps in want what a definition says about channels that did not change or are not
// shown, and the configuration of all: it may be secret, so an export never writes it.
func keepChannels(have *spec.Node, want *yamltext.Node, job *compile.Job, live *diff.LiveJob) {
	written := have.Get("notifications")
	if written == nil || written.Kind != spec.MappingNode {
		return
	}
	channels, now := want.Get("notifications"), eventsByChannel(compile.LiveNotices(live.Notices))
	if channels == nil {
		channels = yamltext.Mapping()
		defer func() {
			if len(channels.Fields) > 0 {
				place(want, "notifications", channels)
			}
		}()
	}
	declared := eventsByChannel(job.Notices)
	for _, f := range written.Fields {
		name := f.Key.Text
		at := slices.IndexFunc(channels.Fields, func(c yamltext.Field) bool { return c.Key == name })
		form := fromSpec(f.Value)
		events, known := declared[name]
		if !known {
			continue
		}
		if !live.NoticesUnseen && !slices.Equal(events, now[name]) {
			config := form.Get("param_config")
			form = yamltext.OneLine(yamltext.Sequence()) // it is off
			if at >= 0 {
				form = channels.Fields[at].Value
			}
			if config != nil {
				form = yamltext.OneLine(yamltext.Mapping(yamltext.Entry("events", form), yamltext.Entry("param_config", config)))
			}
		}
		if at < 0 {
			channels.Add(name, form)
		} else {
			channels.Fields[at].Value = form
		}
	}
}

// eventsByChannel lists the events of each channel, sorted.
func eventsByChannel(notices []compile.Notice) map[string][]string {
	events := map[string][]string{}
	for _, n := range notices {
		sorted := slices.Clone(n.Events)
		slices.Sort(sorted)
		events[n.Type] = slices.Compact(sorted)
	}
	return events
}

// moduleOf returns the id of a step's module, the action word where that is not known.
func (e *Exporter) moduleOf(n *yamltext.Node) string {
	word := kindOf(n)
	if n.Get(wire.KeyModuleID) == nil {
		if module := e.catalogue.Action(word); module != nil {
			return module.ID
		}
	}
	return word
}

// kindOf returns the action word or module of a step, "" for another item.
func kindOf(n *yamltext.Node) string {
	if module := n.Get("module_id"); module != nil {
		return module.Text
	}
	if len(n.Fields) == 1 {
		return n.Fields[0].Key
	}
	return ""
}

// similarity returns the share of equal single values of two items; a may be written with references.
func similarity(a, b *yamltext.Node) float64 {
	have, want := map[string]string{}, map[string]string{}
	leaves(a, "", have)
	leaves(b, "", want)
	same := 0
	for path, text := range have {
		if other, there := want[path]; there && mayMean(text, other) {
			same++
		}
	}
	return float64(same) / float64(max(len(have), len(want), 1))
}

// mayMean reports whether a written text can be wanted for some values of its references.
func mayMean(written, wanted string) bool {
	if written == wanted {
		return true
	}
	references := spec.References(written)
	if len(references) == 0 {
		return false
	}
	at, rest := 0, wanted
	for i, reference := range references {
		literal := written[at:reference.Start]
		from := strings.Index(rest, literal)
		if from < 0 || i == 0 && from > 0 {
			return false
		}
		at, rest = reference.End, rest[from+len(literal):]
	}
	return strings.HasSuffix(rest, written[at:])
}

func leaves(n *yamltext.Node, path string, into map[string]string) {
	if len(n.Fields)+len(n.Items) == 0 {
		into[path] = n.Text
	}
	for _, f := range n.Fields {
		leaves(f.Value, path+"\x00"+f.Key, into)
	}
	for i, item := range n.Items {
		leaves(item, path+"\x00"+string(rune('0'+i%10)), into)
	}
}

// labelOf returns the name of a list item, also below an action word, or its content.
func labelOf(n *yamltext.Node) string {
	for _, key := range []string{"name", "url", "cron"} {
		if v := n.Get(key); v != nil {
			return key + "\x00" + v.Text
		}
	}
	if len(n.Fields) == 1 {
		word := n.Fields[0]
		if name := word.Value.Get("name"); name != nil {
			return "name\x00" + name.Text
		}
		return "word\x00" + word.Key
	}
	for _, p := range itemsOf(n.Get("params")) {
		if name := p.Get("name"); name != nil && name.Text == "name" && p.Get("value") != nil {
			return "name\x00" + p.Get("value").Text
		}
	}
	return n.Text
}
