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
}

// Found is a value that matches a question, or a job without one.
type Found struct {
	Job   string
	Path  string          // "" for a job that has none
	Value *jsontree.Value // nil for a job that has none
	At    spec.Pos        // where its text is written, such as in a variable; no file for a live job
}

// Query lists the matches of a question. loaded is the origin of the objects, with its parsed files;
// nil for live jobs. A path that no job can have is an error with a
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
					f.At = o.Job.DefinedAt()
				}
				found = append(found, f)
			}
			continue
		}
		for _, v := range findValues(o, q.Asked, q.Where) {
			at, _ := places.sourceOf(o, v.Path)
			found = append(found, Found{o.Address, v.Path, v.Value, at})
		}
	}
	return found, nil
}
