package lint

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// shortestHidden is the minimum length of a secret that is hidden in other
// findings. Shorter texts occur in ordinary words.
const shortestHidden = 6

// hide notes the text of a secret that was found. The findings of other rules
// quote values, and one of them may be this one.
func (l *linter) hide(text string) {
	if len(text) >= shortestHidden && !slices.Contains(l.hidden, text) {
		l.hidden = append(l.hidden, text)
	}
}

// secretPlaces returns the places of secrets, which no excerpt may show.
func secretPlaces(ds spec.Diagnostics) (places []spec.Range) {
	for i := range ds {
		if ds[i].HoldsSecret() {
			places = append(places, ds[i].Range)
		}
	}
	return places
}

// hideSecrets writes asterisks for the secrets in all messages and help. A fix
// that would write one again is dropped, since formats show what fixes write.
func (l *linter) hideSecrets(all spec.Diagnostics) {
	if len(l.hidden) == 0 {
		return
	}
	slices.SortFunc(l.hidden, func(a, b string) int { return len(b) - len(a) }) // one may be a part of another
	var pairs []string
	for _, text := range l.hidden {
		pairs = append(pairs, text, "****")
	}
	writes := func(f spec.Fix) bool {
		return slices.ContainsFunc(f.Edits, func(e spec.Edit) bool {
			return slices.ContainsFunc(l.hidden, func(text string) bool { return strings.Contains(e.New, text) })
		})
	}
	stars := strings.NewReplacer(pairs...)
	for i := range all {
		d := &all[i]
		d.Message, d.Hint, d.Pointer = stars.Replace(d.Message), stars.Replace(d.Hint), stars.Replace(d.Pointer)
		if len(d.Related) > 0 {
			d.Related = slices.Clone(d.Related)
			for j := range d.Related {
				d.Related[j].Message = stars.Replace(d.Related[j].Message)
			}
		}
		if slices.ContainsFunc(d.Fixes, writes) {
			d.Fixes = slices.DeleteFunc(slices.Clone(d.Fixes), writes)
		}
	}
}
