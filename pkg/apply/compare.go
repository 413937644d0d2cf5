package apply

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// missing returns the fields in which a body that was read differs from what was sent, by the
// comparison that the next plan will make.
func (s *step) missing(have *jsontree.Value) []diff.Field {
	return s.seen(s.change.Unmet(have, s.run.opts.Modules))
}

// endStale ends an action whose job has changed since the plan was made, and
// lists the changes.
func (s *step) endStale(have *jsontree.Value, not string) {
	changed := s.change.Since(have, s.run.opts.Modules)
	for i := range changed {
		s.result.Paths = append(s.result.Paths, changed[i].Path)
	}
	s.result.Next = remedy.Replan
	s.end(Conflict, "the job was changed after the plan was made; not %s%s", not, valuesText(changed, "was", "is"))
}

// valuesText lists fields with their two values, for a message. was and is are the verbs before
// them.
func valuesText(fields []diff.Field, was, is string) string {
	const most = 5
	var out strings.Builder
	for i := range fields {
		f := &fields[i]
		switch {
		case i == most:
			fmt.Fprintf(&out, "; and %d more", len(fields)-most)
			return out.String()
		case i == 0:
			out.WriteString(": ")
		default:
			out.WriteString("; ")
		}
		if f.Sensitive {
			fmt.Fprintf(&out, "%s is another secret", sanitize.Line(f.Path, 200))
			continue
		}
		fmt.Fprintf(&out, "%s %s %s and %s %s", sanitize.Line(f.Path, 200), was, valueText(f.Before), is, valueText(f.After))
	}
	return out.String()
}

// valueText returns a value for a message, and shortens a long one.
func valueText(v *jsontree.Value) string {
	if v == nil {
		return "absent"
	}
	return sanitize.Line(string(v.AppendJSON(nil)), 100)
}

// asPlanned reports whether the job still has every value that the plan depends
// on.
func (s *step) asPlanned(have *jsontree.Value) bool {
	return s.change.AsPlanned(have, s.run.opts.Modules)
}

func (s *step) fingerprint(body *jsontree.Value) string {
	return s.change.Fingerprint(body, s.run.opts.Modules)
}

// templateDifferences returns the fields in which a template from a listing differs from body (API
// reference 4.20, 4.21).
func (r *run) templateDifferences(item, body *jsontree.Value) []diff.Field {
	return diff.TemplateDifferences(item, body, r.opts.Modules)
}
