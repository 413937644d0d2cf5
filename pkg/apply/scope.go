package apply

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Scope limits what is planned, read and written. The zero Scope is everything.
type Scope struct {
	compile.Selection
	Changed bool // with a base: only jobs whose compiled form differs between base and head
	Shard   Shard

	// Policies returns the policies for an object, of head and of the base; nil: they are equal.
	// Only Changed uses it.
	Policies func(address string) (head, base spec.Policy)
}

// Shard is a stable part of the jobs: the Index-th (from 1) of Count. The zero Shard is all of
// them. A job stays in its shard when other jobs are added or removed.
type Shard struct{ Index, Count int }

// ParseShard reads I/N, such as 3/8.
func ParseShard(text string) (Shard, error) {
	index, count, ok := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if !ok || err1 != nil || err2 != nil || i < 1 || n < i {
		return Shard{}, errors.New("write it as I/N, from 1/N to N/N")
	}
	return Shard{i, n}, nil
}

// Validate returns the first problem of s, or nil.
func (s Scope) Validate() error {
	if err := s.Only.Validate(); err != nil {
		return err
	}
	if s.Shard != (Shard{}) && (s.Shard.Index < 1 || s.Shard.Index > s.Shard.Count) {
		return fmt.Errorf("there is no shard %d of %d: shards count from 1/N to N/N", s.Shard.Index, s.Shard.Count)
	}
	return nil
}

// Part returns s in the form that a plan shows.
func (s Scope) Part() diff.Part {
	part := diff.Part{Only: s.Only, Projects: s.Projects, Changed: s.Changed}
	part.Labels = s.Labels.Texts()
	if s.Shard != (Shard{}) {
		part.Shard = fmt.Sprintf("%d/%d", s.Shard.Index, s.Shard.Count)
	}
	return part
}

// Narrow returns the parts of head and base in s. base may be nil. An object of the base is in s if
// its successor in head is: a renamed job must not look removed because its old name is out of
// scope or in another shard.
func (s Scope) Narrow(head, base *compile.Result) (*compile.Result, *compile.Result) {
	touched := func(string) bool { return true }
	if s.Changed && base != nil {
		differ := s.changedAddresses(head, base)
		touched = func(address string) bool { return differ[address] }
	}
	within := func(j *compile.Job) bool {
		return s.hasJob(j) && touched(j.Address)
	}
	narrowed := s.filter(head, base, touched, within)
	successors := successorsOf(head)
	return narrowed, s.filter(base, base, touched, func(j *compile.Job) bool {
		if next := successors[jobKey{j.ProjectID, j.Name}]; next != nil {
			return within(next)
		}
		return within(j)
	})
}

// narrowTried returns the possibly written jobs in s.
func (s Scope) narrowTried(tried map[string][]*compile.Job, head *compile.Result) map[string][]*compile.Job {
	within := map[string]bool{}
	for _, job := range head.Jobs {
		within[job.Address] = true
		for _, old := range job.RenamedFrom {
			within[compile.JobAddress(job.Project, old)] = true
		}
	}
	out := map[string][]*compile.Job{}
	for address, jobs := range tried {
		last := jobs[len(jobs)-1]
		if within[address] || s.has(address, last.Name, last.Project, last.ProjectID) && s.Labels.Select(last) {
			out[address] = jobs
		}
	}
	return out
}

// triedJobs returns the possibly written jobs.
func triedJobs(tried map[string][]*compile.Job) *compile.Result {
	out := &compile.Result{}
	for _, jobs := range tried {
		out.Jobs = append(out.Jobs, jobs...)
	}
	return out
}

// jobKey identifies a job by name, before its id is known.
type jobKey struct{ projectID, name string }

// successorsOf maps the present and former names of jobs to the jobs.
func successorsOf(r *compile.Result) map[jobKey]*compile.Job {
	out := map[jobKey]*compile.Job{}
	for _, j := range r.Jobs {
		for _, old := range j.RenamedFrom {
			out[jobKey{j.ProjectID, old}] = j
		}
	}
	for _, j := range r.Jobs {
		out[jobKey{j.ProjectID, j.Name}] = j
	}
	return out
}

// filter returns the part of r in s. A removal has the labels of the job in base, if any.
func (s Scope) filter(r, base *compile.Result, touched func(address string) bool, job func(*compile.Job) bool) *compile.Result {
	if r == nil {
		return nil
	}
	labelled := func(m compile.Removal) bool { return len(s.Labels) == 0 }
	if len(s.Labels) > 0 && base != nil {
		before := successorsOf(base)
		labelled = func(m compile.Removal) bool {
			j := before[jobKey{m.ProjectID, m.Job}]
			return j != nil && s.Labels.Select(j)
		}
	}
	out := *r
	out.Jobs = keep(r.Jobs, job)
	out.Templates = keep(r.Templates, func(t *compile.Template) bool {
		return len(s.Labels) == 0 && s.has(t.Address, t.Name, "", "") && touched(t.Address)
	})
	out.Removals = keep(r.Removals, func(m compile.Removal) bool {
		return s.has(m.Address, m.Job, m.Project, m.ProjectID) && labelled(m) && touched(m.Address)
	})
	return &out
}

// hasJob reports whether a job is in s.
func (s Scope) hasJob(j *compile.Job) bool {
	return s.has(j.Address, j.Name, j.Project, j.ProjectID) && s.Labels.Select(j)
}

// has reports whether an object is in s, apart from labels. Templates belong to no project.
func (s Scope) has(address, name, project, projectID string) bool {
	return s.Has(name, project, projectID) && s.Shard.has(address)
}

// has hashes the address, which a job keeps while its name stays.
func (s Shard) has(address string) bool {
	if s.Count <= 1 {
		return true
	}
	h := fnv.New32a()
	h.Write([]byte(address))
	return int(h.Sum32()%uint32(s.Count)) == s.Index-1
}

// changedAddresses returns the objects that head adds, removes or changes against base.
func (s Scope) changedAddresses(head, base *compile.Result) map[string]bool {
	differ := map[string]bool{}
	compare(differ, head.Jobs, base.Jobs, func(j *compile.Job) string { return j.Address }, s.sameJob)
	compare(differ, head.Templates, base.Templates, func(t *compile.Template) string { return t.Address },
		func(a, b *compile.Template) bool { return bytes.Equal(a.Body.AppendJSON(nil), b.Body.AppendJSON(nil)) })
	compare(differ, head.Removals, base.Removals, func(m compile.Removal) string { return m.Address },
		func(a, b compile.Removal) bool {
			return a.Action == b.Action && a.ProjectID == b.ProjectID && a.Job == b.Job
		})
	return differ
}

// compare adds the addresses of objects that only one side has, or that differ.
func compare[T any](differ map[string]bool, head, base []T, address func(T) string, same func(a, b T) bool) {
	before := make(map[string]T, len(base))
	for _, object := range base {
		before[address(object)] = object
	}
	for _, object := range head {
		at := address(object)
		if old, ok := before[at]; !ok || !same(object, old) {
			differ[at] = true
		}
		delete(before, at)
	}
	for at := range before {
		differ[at] = true
	}
}

func keep[T any](items []T, ok func(T) bool) []T {
	var out []T
	for _, item := range items {
		if ok(item) {
			out = append(out, item)
		}
	}
	return out
}
