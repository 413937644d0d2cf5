package record

import (
	"context"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Base is the base of a comparison: each object as declared at the commit at which it was applied.
type Base struct {
	Record *Record
	Result *compile.Result // the objects, each of its own commit

	at map[string]*declared // by commit
}

// declared has the objects that one commit declares, by address.
type declared struct {
	policy    spec.Policy
	jobs      map[string]*compile.Job
	templates map[string]*compile.Template
	removals  map[string]compile.Removal
}

// Compile compiles the workspace as it was at a commit.
type Compile func(ctx context.Context, commit string) (*compile.Loaded, error)

// Compose makes the base of a record. It compiles each commit that the record names once.
func Compose(ctx context.Context, r *Record, compileAt Compile) (*Base, error) {
	b := &Base{Record: r, at: map[string]*declared{}}
	for _, commit := range r.commits() {
		loaded, err := compileAt(ctx, commit)
		if err != nil {
			return nil, err
		}
		b.at[commit] = declarations(loaded)
		if b.Result == nil { // the common commit
			common := *loaded.Result
			b.Result = &common
		}
	}
	if b.Result == nil {
		b.Result = &compile.Result{}
	}
	b.compose()
	return b, nil
}

func declarations(loaded *compile.Loaded) *declared {
	d := &declared{jobs: map[string]*compile.Job{}, templates: map[string]*compile.Template{}, removals: map[string]compile.Removal{}}
	if loaded.Set != nil && loaded.Set.Workspace != nil {
		d.policy = loaded.Set.Workspace.Policy
	}
	for _, job := range loaded.Result.Jobs {
		d.jobs[job.Address] = job
	}
	for _, template := range loaded.Result.Templates {
		d.templates[template.Address] = template
	}
	for _, removal := range loaded.Result.Removals {
		d.removals[removal.Address] = removal
	}
	return d
}

// compose replaces the objects that are exceptions to the common commit.
func (b *Base) compose() {
	if b.Record.Commit == "" {
		b.Result.Jobs, b.Result.Templates, b.Result.Removals = nil, nil, nil
	}
	if len(b.Record.Except) == 0 {
		return
	}
	listed := func(address string) bool { _, ok := b.Record.Except[address]; return ok }
	r := b.Result
	r.Jobs = slices.DeleteFunc(slices.Clone(r.Jobs), func(j *compile.Job) bool { return listed(j.Address) })
	r.Templates = slices.DeleteFunc(slices.Clone(r.Templates), func(t *compile.Template) bool { return listed(t.Address) })
	r.Removals = slices.DeleteFunc(slices.Clone(r.Removals), func(m compile.Removal) bool { return listed(m.Address) })
	for address, commit := range b.Record.Except {
		if commit == nil {
			continue
		}
		d := b.at[*commit]
		if job := d.jobs[address]; job != nil {
			r.Jobs = append(r.Jobs, job)
		}
		if template := d.templates[address]; template != nil {
			r.Templates = append(r.Templates, template)
		}
		if removal, ok := d.removals[address]; ok {
			r.Removals = append(r.Removals, removal)
		}
	}
	slices.SortStableFunc(r.Jobs, func(x, y *compile.Job) int { return strings.Compare(x.Address, y.Address) })
	slices.SortStableFunc(r.Templates, func(x, y *compile.Template) int { return strings.Compare(x.Address, y.Address) })
	slices.SortStableFunc(r.Removals, func(x, y compile.Removal) int { return strings.Compare(x.Address, y.Address) })
}

// Declares reports whether a commit of the record declares an object.
func (b *Base) Declares(commit, address string) bool {
	d := b.at[commit]
	if d == nil {
		return false
	}
	_, removal := d.removals[address]
	return d.jobs[address] != nil || d.templates[address] != nil || removal
}

// Policy returns the policy of the commit at which an object was applied; false if it never was.
func (b *Base) Policy(address string) (spec.Policy, bool) {
	d := b.at[b.Record.Of(address).Commit]
	if d == nil {
		return spec.Policy{}, false
	}
	return d.policy, true
}

// Tried returns, by address, the jobs as declared at commits at which an unfinished run may have
// written them, newest last.
func (b *Base) Tried() map[string][]*compile.Job {
	return tried(b, func(d *declared) map[string]*compile.Job { return d.jobs })
}

// TriedTemplates is Tried for templates.
func (b *Base) TriedTemplates() map[string][]*compile.Template {
	return tried(b, func(d *declared) map[string]*compile.Template { return d.templates })
}

func tried[T any](b *Base, of func(*declared) map[string]*T) map[string][]*T {
	out := map[string][]*T{}
	for address, commits := range b.Record.Tried {
		for _, commit := range commits {
			if object := of(b.at[commit])[address]; object != nil {
				out[address] = append(out[address], object)
			}
		}
	}
	return out
}

// Addresses returns every address that a commit of the record declares.
func (b *Base) Addresses() []string {
	all := map[string]bool{}
	for _, d := range b.at {
		for address := range d.jobs {
			all[address] = true
		}
		for address := range d.templates {
			all[address] = true
		}
		for address := range d.removals {
			all[address] = true
		}
	}
	out := make([]string, 0, len(all))
	for address := range all {
		out = append(out, address)
	}
	slices.Sort(out)
	return out
}
