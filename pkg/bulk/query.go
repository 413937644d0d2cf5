package bulk

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Question is the input of a query.
type Question struct {
	Asked, Where []Condition
	Missing      bool // the jobs that have no value that is asked for
	Sources      bool // find the place that says each value, too
}

// Found is a value that matches a question, or a job without one.
type Found struct {
	Job    string
	Path   string          // "" for a job that has none
	Value  *jsontree.Value // nil for a job that has none
	At     spec.Pos        // where it is; without a file for a live job
	Source spec.Pos        // the place that says it, such as a variable's; with Question.Sources
}

// Query lists the matches of a question. loaded is the origin of the objects, with its parsed files
// if sources are requested; nil for live jobs. A path that no job can have is an error with a
// suggestion.
func Query(loaded *compile.Loaded, objects []*Object, q Question) (found []Found, err error) {
	if err := checkPaths(objects, slices.Concat(q.Asked, q.Where)); err != nil {
		return nil, err
	}
	places := newSources(loaded)
	for _, o := range objects {
		if q.Missing {
			if missing(o, q.Asked, q.Where) {
				f := Found{Job: o.Address}
				if o.Job != nil {
					f.At, f.Source = o.Job.DefinedAt(), o.Job.DefinedAt()
				}
				found = append(found, f)
			}
			continue
		}
		for _, v := range findValues(o, q.Asked, q.Where) {
			f := Found{Job: o.Address, Path: v.Path, Value: v.Value}
			f.At, _ = o.PlaceOf(v.Path)
			if q.Sources {
				f.Source, _ = places.sourceOf(o, v.Path)
			}
			found = append(found, f)
		}
	}
	return found, nil
}
