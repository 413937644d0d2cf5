package compile

import (
	"cmp"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// maxCombinations bounds the jobs of one definition.
const maxCombinations = 1000

// combinations expands a matrix. Keys keep the order written, the last one varies fastest. exclude
// drops the combinations that match an entry, in whole or in part. include then adds its keys to
// the combinations that do not contradict it; if there are none, it adds a combination.
func (u *unit) combinations(n *spec.Node) [][]binding {
	if n.Kind != spec.MappingNode {
		u.wrongType("matrix", n, "a mapping of lists")
		return nil
	}
	combos, ok := u.multiply(n)
	if !ok {
		return nil
	}
	if exclude := u.entries(n, "exclude"); exclude != nil {
		combos = u.exclude(n, combos, exclude)
	}
	axes := len(n.Fields)
	for _, key := range []string{"include", "exclude"} {
		if n.Get(key) != nil {
			axes--
		}
	}
	if axes == 0 {
		combos = nil // only what include makes
	}
	combos = u.include(n, combos, u.entries(n, "include"))
	if len(combos) == 0 {
		u.report("matrix", n, "matrix", "", "the matrix leaves no combination, so it defines no job")
	}
	return combos
}

func (u *unit) multiply(n *spec.Node) (combos [][]binding, ok bool) {
	combos = [][]binding{nil}
	for _, f := range n.Fields {
		name := f.Key.Text
		if name == "include" || name == "exclude" {
			continue
		}
		axis := f.Value
		if isPoison(axis) {
			return nil, false
		}
		if axis.Kind != spec.SequenceNode || len(axis.Items) == 0 {
			u.report("matrix", axis, "matrix."+name, "", "matrix.%s must be a list with at least one value", name)
			return nil, false
		}
		if len(combos)*len(axis.Items) > maxCombinations {
			u.report("matrix", n, "matrix", "split the definition", "the matrix makes more than %d combinations", maxCombinations)
			return nil, false
		}
		values := u.distinct(name, axis.Items)
		next := make([][]binding, 0, len(combos)*len(values))
		for _, combo := range combos {
			for _, value := range values {
				next = append(next, append(slices.Clone(combo), binding{name, f.Key, value}))
			}
		}
		combos = next
	}
	return combos, true
}

// distinct drops and reports repeated values of a matrix key: they would define one job twice.
func (u *unit) distinct(name string, values []*spec.Node) []*spec.Node {
	kept := make([]*spec.Node, 0, len(values))
	for _, value := range values {
		first := slices.IndexFunc(kept, func(have *spec.Node) bool { return !isPoison(value) && sameValue(have, value) })
		if first < 0 {
			kept = append(kept, value)
			continue
		}
		d := u.report("matrix", value, "matrix."+name, "remove one of them", "matrix.%s holds %s twice", name, describe(value))
		d.Related = append(d.Related, spec.Related{Range: kept[first].Range, Message: "first here"})
	}
	return kept
}

// entries returns the mappings of include or exclude.
func (u *unit) entries(n *spec.Node, key string) [][]binding {
	list := n.Get(key)
	if list == nil || list.IsNull() || isPoison(list) {
		return nil
	}
	if list.Kind != spec.SequenceNode {
		u.wrongType("matrix."+key, list, "a list of combinations")
		return nil
	}
	var entries [][]binding
	for _, item := range list.Items {
		if item.Kind != spec.MappingNode || len(item.Fields) == 0 {
			u.wrongType("matrix."+key, item, "a list of combinations")
			continue
		}
		var entry []binding
		for _, f := range item.Fields {
			entry = append(entry, binding{f.Key.Text, f.Key, f.Value})
		}
		entries = append(entries, entry)
	}
	return entries
}

func (u *unit) exclude(n *spec.Node, combos, entries [][]binding) [][]binding {
	var axes []string
	for _, f := range n.Fields {
		if f.Key.Text != "include" && f.Key.Text != "exclude" {
			axes = append(axes, f.Key.Text)
		}
	}
	for _, entry := range entries {
		known := true
		for _, b := range entry {
			if !slices.Contains(axes, b.name) {
				u.report("matrix", b.key, "matrix.exclude", spec.DidYouMeanOneOf(b.name, axes), "the matrix has no key %q to exclude by", b.name)
				known = false
			}
		}
		if !known {
			continue
		}
		before := len(combos)
		combos = slices.DeleteFunc(combos, func(combo []binding) bool { return agrees(combo, entry, true) })
		if len(combos) == before {
			d := u.report("matrix", entry[0].key, "matrix.exclude", "remove it, or correct its values", "this excludes no combination")
			d.Severity = spec.Warning
		}
	}
	return combos
}

func (u *unit) include(n *spec.Node, combos, entries [][]binding) [][]binding {
	original := slices.Clone(combos)
	for i, entry := range entries {
		same := func(before []binding) bool { return len(before) == len(entry) && agrees(before, entry, true) }
		if first := slices.IndexFunc(entries[:i], same); first >= 0 {
			d := u.report("matrix", entry[0].key, "matrix.include", "remove one of them", "this combination is in include twice")
			d.Related = append(d.Related, spec.Related{Range: entries[first][0].key.Range, Message: "first here"})
			continue
		}
		added := false
		for i, combo := range original {
			if !agrees(combo, entry, false) {
				continue
			}
			added = true
			for _, b := range entry {
				combos[i] = withBinding(combos[i], b)
			}
		}
		if !added {
			combos = append(combos, entry)
		}
		if len(combos) > maxCombinations {
			u.report("matrix", n, "matrix", "split the definition", "the matrix makes more than %d combinations", maxCombinations)
			return nil
		}
	}
	return combos
}

// agrees reports whether a combination has the values of entry. If all is false, names that the
// combination does not have are ignored.
func agrees(combo, entry []binding, all bool) bool {
	for _, b := range entry {
		i := slices.IndexFunc(combo, func(have binding) bool { return have.name == b.name })
		if i < 0 {
			if all {
				return false
			}
			continue
		}
		if !sameValue(combo[i].value, b.value) {
			return false
		}
	}
	return true
}

func withBinding(combo []binding, b binding) []binding {
	combo = slices.Clone(combo)
	if i := slices.IndexFunc(combo, func(have binding) bool { return have.name == b.name }); i >= 0 {
		combo[i] = b
		return combo
	}
	return append(combo, b)
}

// choice is a value that a job got from a matrix, in the form that sameValue compares.
type choice struct {
	name string
	kind spec.NodeKind
	text string
	null bool
}

func choices(combo []binding) []choice {
	var out []choice
	for _, b := range combo {
		out = append(out, choice{b.name, b.value.Kind, b.value.Text, b.value.IsNull()})
	}
	return out
}

// sameValue compares two matrix values without regard to quotes.
func sameValue(a, b *spec.Node) bool {
	return a.Kind == b.Kind && a.Text == b.Text && a.IsNull() == b.IsNull()
}

// distinction suggests how to give two jobs of one definition different names.
func (j *Job) distinction(other *Job) string {
	key := j.varying(other)
	if j.use == nil || key != "" {
		return "put what differs into the name, such as ${{ matrix." + cmp.Or(key, "key") + " }}"
	}
	for _, in := range j.use.family.inputs {
		if a, b := j.use.inputs[in.name], other.use.inputs[in.name]; a != nil && b != nil && !sameValue(a, b) {
			return "put what differs into the name, such as ${{ inputs." + in.name + " }}"
		}
	}
	return "give the family an input that differs from use to use, and put it into the name"
}

// varying names the matrix keys in which two jobs of one definition differ.
func (j *Job) varying(other *Job) string {
	for _, c := range j.chosen {
		if !slices.Contains(other.chosen, c) {
			return c.name
		}
	}
	return ""
}
