package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

const (
	keyOwner  = "owner"
	keyLabels = "labels"
)

// belongings reads a job's owner and labels.
func (u *unit) belongings(whole *spec.Node, j *Job) {
	if n := u.get(whole, keyOwner); n != nil {
		j.Owner = u.filledText(keyOwner, n)
	}
	n := u.get(whole, keyLabels)
	if n == nil {
		return
	}
	u.record(keyLabels, n)
	if n.IsNull() {
		return
	}
	if n.Kind != spec.MappingNode {
		u.wrongType(keyLabels, n, "a mapping such as {team: shop}")
		return
	}
	for _, f := range n.Fields {
		if f.Value.IsNull() { // none, not even that of defaults.job
			continue
		}
		if j.Labels == nil {
			j.Labels = map[string]string{}
		}
		j.Labels[f.Key.Text] = u.filledText(keyLabels+valuepath.Member(f.Key.Text), f.Value)
	}
}

// LabelTerm is a condition on a job's labels, as --label takes it: KEY,
// KEY=GLOB or KEY!=GLOB. The key owner stands for the job's owner.
type LabelTerm struct {
	key, glob string
	any       bool // any value will do
	unlike    bool // glob must not match
	text      string
}

// ParseLabelTerm reads one condition.
func ParseLabelTerm(text string) (LabelTerm, error) {
	key, glob, valued := strings.Cut(text, "=")
	t := LabelTerm{key: key, glob: glob, text: text, any: !valued}
	if valued {
		t.key, t.unlike = strings.CutSuffix(key, "!")
	}
	switch {
	case t.key == "" || strings.ContainsAny(t.key, " !,*?[]{}"):
		return t, fmt.Errorf("%q is not a condition on labels: write KEY=GLOB, KEY!=GLOB or KEY, such as team=shop", text)
	case !doublestar.ValidatePattern(t.glob):
		return t, fmt.Errorf("%q is not a valid pattern for the label %s", t.glob, t.key)
	}
	return t, nil
}

func (t LabelTerm) String() string { return t.text }

// Matches reports whether a job satisfies t. A job without the label satisfies only KEY!=GLOB.
func (t LabelTerm) Matches(j *Job) bool {
	value, labelled := j.Labels[t.key]
	if t.key == keyOwner {
		value, labelled = j.Owner, j.Owner != ""
	}
	return (labelled && (t.any || doublestar.MatchUnvalidated(t.glob, value))) != t.unlike
}

// Key returns the label that t is about.
func (t LabelTerm) Key() string { return t.key }

// IsNegative reports whether t wants the label not to be as it says.
func (t LabelTerm) IsNegative() bool { return t.unlike }

// LabelTexts lists a job's owner and labels as --label selects by them.
func (j *Job) LabelTexts() (texts []string) {
	if j.Owner != "" {
		texts = append(texts, keyOwner+"="+j.Owner)
	}
	for _, key := range slices.Sorted(maps.Keys(j.Labels)) {
		texts = append(texts, key+"="+j.Labels[key])
	}
	return texts
}

// LabelTerms are conditions that must all be satisfied.
type LabelTerms []LabelTerm

// ParseLabelTerms reads the values of --label.
func ParseLabelTerms(texts []string) (LabelTerms, error) {
	var terms LabelTerms
	for _, text := range texts {
		t, err := ParseLabelTerm(text)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return terms, nil
}

// Select reports whether a job satisfies every term.
func (terms LabelTerms) Select(j *Job) bool {
	return !slices.ContainsFunc(terms, func(t LabelTerm) bool { return !t.Matches(j) })
}

// Texts returns the terms as they were written.
func (terms LabelTerms) Texts() []string {
	var texts []string
	for _, t := range terms {
		texts = append(texts, t.text)
	}
	return texts
}

// Unknown returns the first term that no job satisfies, and the nearest label of a job; ok is false
// if there is no such term.
func (terms LabelTerms) Unknown(jobs []*Job) (term, near string, ok bool) {
	for _, t := range terms {
		if slices.ContainsFunc(jobs, t.Matches) {
			continue
		}
		seen := map[string]bool{}
		for _, j := range jobs {
			for _, text := range j.LabelTexts() {
				seen[text] = true
			}
		}
		return t.text, spec.Nearest(t.text, slices.Sorted(maps.Keys(seen))), true
	}
	return "", "", false
}
