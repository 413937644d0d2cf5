package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// hintAtRenames notes where a job that is created equals jobs that go: without
// renamed_from, a rename loses the history and breaks the pipelines.
func hintAtRenames(changes []Change) {
	type gone struct {
		change *Change
		body   *jsontree.Value
	}
	removed := map[string][]gone{} // by project
	for i := range changes {
		c := &changes[i]
		if c.Kind == KindJob && c.Want == nil && c.before != nil && c.Verdict != VerdictUnknown {
			removed[c.ProjectID] = append(removed[c.ProjectID], gone{c, bodyOf(c.before)})
		}
	}
	if len(removed) == 0 {
		return
	}
	for i := range changes {
		c := &changes[i]
		if c.Kind != KindJob || c.Verdict != VerdictCreate || c.Want == nil || len(removed[c.ProjectID]) == 0 {
			continue
		}
		body := bodyOf(c.Want)
		if !tellsApart(body) {
			continue
		}
		var names []string
		for _, g := range removed[c.ProjectID] {
			if jsontree.Equal(g.body, body) && !slices.Contains(names, g.change.Name) {
				names = append(names, g.change.Name)
			}
		}
		c.addNote(renameHint(names))
	}
}

// bodyOf is what a definition says of a job, without its name.
func bodyOf(job *compile.Job) *jsontree.Value { return job.Unpacked().Body }

// tellsApart reports whether a body says enough to recognise a job by: two jobs
// without a step may well be equal.
func tellsApart(body *jsontree.Value) bool { return body.Get("steps").Len() > 0 }

// renameHint asks whether a new job is one of those that go, "" for none.
func renameHint(names []string) string {
	const most = 3
	switch {
	case len(names) == 0:
		return ""
	case len(names) == 1:
		return fmt.Sprintf("renamed from %s? then write renamed_from: [%[1]s]", names[0])
	case len(names) > most:
		return fmt.Sprintf("renamed from %s or one of %d more? then write renamed_from", strings.Join(names[:most], ", "), len(names)-most)
	}
	return fmt.Sprintf("renamed from %s? then write renamed_from", strings.Join(names, " or "))
}

// addNote adds a remark to those that c has.
func (c *Change) addNote(note string) {
	if note != "" {
		c.Note = strings.TrimPrefix(c.Note+"; "+note, "; ")
	}
}
