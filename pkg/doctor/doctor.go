// Package doctor checks what an apply needs: the workspace, Git, the record, CI
// files, and the way to the service. It writes nothing and sends one listing
// for each project. A failed check does not stop the others, unless more calls
// could lock a key.
package doctor

import (
	"context"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Status is the result of a check.
type Status string

// The statuses. Only Fail keeps an apply from working.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
)

// Result is what one check found.
type Result struct {
	Check  string // what was checked: one of Examination.Names
	Status Status
	Text   string
	Err    error          // why it failed; nil unless Status is Fail
	Remedy remedy.Remedy  // what to do about it, "" if the text says all
	Record *record.Stored // what the base check found; nil for the others
}

// Setup is how the caller opens a workspace and reaches its service.
type Setup struct {
	Dir string // the folder to look upwards from
	// Load reads and compiles the definitions. Its error may be a *Problem.
	Load       func(*workspace.Workspace) (spec.Diagnostics, error)
	Base       string // the commit to compare with, "" for the record's
	Comparison func(*workspace.Workspace) workspace.Comparison

	// Named reports whether the service is named outside of buildsync.yaml. Only
	// then is it a failure that a workspace that cannot be read names none.
	Named bool
	// The region of the next three is the workspace's, "" if it has none.
	Endpoint    func(region string) (address string, err error)
	Credentials func(region string) (source string, err error) // found, not used
	Connect     func(dir, region string) (*Service, error)
}

// Service is a connection to the service.
type Service struct {
	API      live.ListAPI
	Proxy    string // "" if there is none
	OwnClock bool   // it runs on this machine, so its clock says nothing
	Close    func() error
}

// Problem is an error with its remedy.
type Problem struct {
	Err    error
	Remedy remedy.Remedy
}

func (p *Problem) Error() string { return p.Err.Error() }
func (p *Problem) Unwrap() error { return p.Err }

// check is one thing that an apply needs.
type check struct {
	Name string
	run  func(*Examination, context.Context)
}

// checks returns the checks in the order in which they are made. Those of the
// projects have the name of the project behind theirs.
func checks() []check {
	return []check{
		{"git", (*Examination).git},
		{"base", (*Examination).base},
		{"ci", (*Examination).ci},
		{"endpoint", (*Examination).endpoint},
		{"credentials", (*Examination).credentials},
		{"project", (*Examination).service},
	}
}

// Examination is the state that the checks share.
type Examination struct {
	setup     Setup
	w         *workspace.Workspace
	repo      *gitbase.Repo // nil if there is no base to look for
	reachable bool          // nothing found so far speaks against asking the service
	first     []Result      // of the workspace
	tell      func(Result)
}

// Examine opens and loads the workspace.
func Examine(setup Setup) *Examination {
	e := &Examination{setup: setup, reachable: true}
	e.tell = func(r Result) { e.first = append(e.first, r) }
	e.workspace()
	return e
}

// Names returns the names that results can have, in the order of the checks.
func (e *Examination) Names() []string {
	names := []string{"workspace"}
	for _, c := range checks() {
		names = append(names, c.Name)
	}
	for _, alias := range e.aliases() {
		names = append(names, "project "+alias)
	}
	return names
}

// Run makes the checks and calls tell with each result as it comes, that of the
// workspace first. It reports whether none failed.
func (e *Examination) Run(ctx context.Context, tell func(Result)) (well bool) {
	well = true
	e.tell = func(r Result) {
		well = well && r.Status != Fail
		tell(r)
	}
	for _, r := range e.first {
		e.tell(r)
	}
	defer func() {
		if e.w != nil && e.w.Tree != nil {
			_ = e.w.Close() // it was only read
		}
	}()
	for _, c := range checks() {
		c.run(e, ctx)
	}
	return well
}

func (e *Examination) ok(check, text string) { e.tell(Result{Check: check, Status: OK, Text: text}) }

func (e *Examination) warn(check, text string, advice remedy.Remedy) {
	e.tell(Result{Check: check, Status: Warn, Text: text, Remedy: advice})
}

func (e *Examination) fail(check string, err error, advice remedy.Remedy) {
	text := err.Error()
	if failed, ok := err.(*client.Error); ok {
		text = failed.Happened() // its own advice is to run doctor
	}
	e.tell(Result{Check: check, Status: Fail, Text: text, Err: err, Remedy: advice})
}
