package exporting

import (
	"context"
	"fmt"
	"iter"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	reading "github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Survey reads the live jobs of several projects, for commands that look at all of them.
type Survey struct {
	API      reading.API
	Projects []export.Project
	Parallel int
	Bodies   bool // read bodies only: no notifications, and not what only the newer routes show

	Only     Only
	Has      func(project export.Project, job *diff.LiveJob) bool  // nil: all jobs
	Unread   func(problem error)                                   // told of a job, or a part of a listing, that could not be read
	Unseen   func(project export.Project, jobs int, what []string) // the service does not show it of so many jobs
	Counting func(project string, jobs int) Counter                // nil: no progress

	Problems int // how often Unread was called
}

// Only chooses live objects by their names. It knows which of its patterns matched one: a pattern
// that matches nothing is a mistake, never an empty success.
type Only struct {
	Globs   spec.Names // none: all names
	matched map[string]bool
}

// selects reports whether an object is chosen.
func (o *Only) selects(name string) bool {
	chosen := len(o.Globs) == 0
	for _, glob := range o.Globs {
		if (spec.Names{glob}).Match(name) {
			if o.matched == nil {
				o.matched = map[string]bool{}
			}
			chosen, o.matched[glob] = true, true
		}
	}
	return chosen
}

// Check returns an *spec.UnknownNameError for the first pattern that matched nothing.
func (o *Only) Check() error {
	for _, glob := range o.Globs {
		if !o.matched[glob] {
			return &spec.UnknownNameError{Word: glob, What: "live job"}
		}
	}
	return nil
}

// Surveyed is a live job with its project.
type Surveyed struct {
	*diff.LiveJob
	Project export.Project
	Address string
}

// Jobs reads the jobs, project by project. It leaves out those that could not be read. It ends with
// an error that concerns more than one job.
func (s *Survey) Jobs(ctx context.Context) iter.Seq2[Surveyed, error] {
	return func(yield func(Surveyed, error) bool) {
		for i, project := range s.Projects {
			if more := s.project(ctx, project, i+1, yield); !more {
				return
			}
		}
	}
}

// project reads the jobs of the nth project, and reports whether to go on.
func (s *Survey) project(ctx context.Context, project export.Project, nth int, yield func(Surveyed, error) bool) bool {
	listing, err := listJobs(ctx, s.API, project)
	if err != nil {
		yield(Surveyed{}, err)
		return false
	}
	if !listing.Complete {
		s.unread(fmt.Errorf("the listing of %s is not complete: %s", project.Alias, listing.Problem))
	}
	var wanted []*diff.LiveJob
	for _, job := range listing.Jobs {
		if s.Only.selects(job.Name) && (s.Has == nil || s.Has(project, job)) {
			wanted = append(wanted, job)
		}
	}
	step := func() {}
	if s.Counting != nil {
		counter := s.Counting(project.Alias, len(wanted))
		defer counter.Close(nth, len(s.Projects))
		step = counter.Step
	}
	for job, err := range s.read(ctx, project, wanted) {
		if err != nil {
			yield(Surveyed{}, err)
			return false
		}
		step()
		address := compile.JobAddress(project.Alias, job.Name)
		if job.ReadErr != nil {
			s.unread(fmt.Errorf("reading %s: %w", address, job.ReadErr))
			continue
		}
		if !yield(Surveyed{job, project, address}, nil) {
			return false
		}
	}
	return true
}

func (s *Survey) read(ctx context.Context, project export.Project, jobs []*diff.LiveJob) iter.Seq2[*diff.LiveJob, error] {
	if s.Bodies {
		return reading.InOrder(ctx, s.API, jobs, reading.Options{Parallel: s.Parallel})
	}
	return readJobs(ctx, s.API, jobs, s.Parallel, func(n int, what []string) {
		if s.Unseen != nil {
			s.Unseen(project, n, what)
		}
	})
}

func (s *Survey) unread(problem error) {
	s.Problems++
	s.Unread(problem)
}
