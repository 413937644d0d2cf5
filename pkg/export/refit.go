package export

import (
	"bytes"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/pkg/spec"
)

// refitted returns an edited file in the form of fmt, as far as the edit reaches: the whole file if
// it was in that form before, else the entries that the edit changed. The other entries stay as they
// are written.
func refitted(name string, before, after []byte) []byte {
	if bytes.Equal(before, after) {
		return after
	}
	canonical := formatted(name, after)
	if bytes.Equal(before, formatted(name, before)) {
		return canonical
	}
	r := refit{before: yamledit.New(name, before), after: yamledit.New(name, after), canonical: yamledit.New(name, canonical)}
	if r.document() {
		return canonical
	}
	// What fmt makes of the result shows that the parts fit together.
	if text := r.after.Apply(); bytes.Equal(formatted(name, text), canonical) {
		return text
	}
	return after
}

// refit brings the entries of an edited file that the edit changed into the form of fmt.
type refit struct{ before, after, canonical *yamledit.Editor }

// document returns true if the edit changed all entries but the version.
func (r refit) document() bool {
	if r.after.Root() == nil || r.canonical.Root() == nil {
		return false
	}
	wanted, old := r.canonical.Extents(r.canonical.Root()), r.before.Extents(r.before.Root())
	all := true
	for _, have := range r.after.Extents(r.after.Root()) {
		isSame := func(x yamledit.Extent) bool { return x.Key == have.Key }
		i, j := slices.IndexFunc(wanted, isSame), slices.IndexFunc(old, isSame)
		if i < 0 || have.Key == "version" {
			continue
		}
		if j >= 0 && strings.TrimSpace(r.before.Text(old[j])) == strings.TrimSpace(r.after.Text(have)) {
			all = false
			continue
		}
		if j < 0 || !r.items(old[j].Value, have.Value, wanted[i].Value) {
			r.take(have, wanted[i])
			continue
		}
		all = false
	}
	return all
}

// items takes over the items of a list that the edit changed. It returns false if the list is to be
// taken as a whole: no item is as it was.
func (r refit) items(before, after, canonical *spec.Written) bool {
	if before.Kind != spec.SequenceNode || after.Kind != spec.SequenceNode || len(after.Items) != len(canonical.Items) {
		return false
	}
	old := map[string]bool{}
	for _, x := range r.before.Extents(before) {
		old[strings.TrimSpace(r.before.Text(x))] = true
	}
	var changed []int
	items, wanted := r.after.Extents(after), r.canonical.Extents(canonical)
	for i, x := range items {
		if !old[strings.TrimSpace(r.after.Text(x))] {
			changed = append(changed, i)
		}
	}
	if len(changed) == len(items) {
		return false
	}
	for _, i := range changed {
		r.take(items[i], wanted[i])
	}
	return true
}

// take puts the canonical text of an entry in the place of the one it has, at the same indentation.
func (r refit) take(have, wanted yamledit.Extent) {
	lines := strings.SplitAfter(r.canonical.Text(wanted), "\n")
	for i, line := range lines {
		switch by := have.Indent - wanted.Indent; {
		case i == 0 || strings.TrimSpace(line) == "":
		case by >= 0:
			lines[i] = strings.Repeat(" ", by) + line
		default:
			lines[i] = line[min(-by, len(line)-len(strings.TrimLeft(line, " "))):]
		}
	}
	r.after.Replace(have.Start, have.End, strings.Join(lines, ""))
}
