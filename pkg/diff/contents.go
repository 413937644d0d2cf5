package diff

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// contents lists what a new object holds, as an update from nothing would: whole
// steps, parameters and code sources, and the values beside them. Sensitive
// values are left out of it like everywhere.
func (p *Planner) contents(declared *jsontree.Value, at placeOf, change *Change) []Field {
	if !p.in.Options.Contents || !slices.Contains(change.Actions, ActionCreate) {
		return nil
	}
	c := &comparison{live: jsontree.Object(), declared: declared, modules: p.in.Modules, placeOf: at}
	c.overlaid(ignoreNothing)
	var out []Field
	for _, f := range c.fields() {
		if f.Path != "job_name" && f.Path != "project_id" { // the change says both
			f.Verdict = VerdictCreate
			out = append(out, f)
		}
	}
	return out
}
