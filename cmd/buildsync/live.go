package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	reading "github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// live is what the commands about live objects work with: the service, and the
// part of buildsync.yaml that names projects. They need no workspace where the
// flags and ids say everything.
type live struct {
	*service
	in        *invocation
	ctx       context.Context // ends with --timeout and with the first interrupt
	args      []string
	workspace *spec.Workspace // nil outside a workspace
	lists     map[string]wire.JobList
}

// withService connects and calls act. least and most are how many arguments the
// command takes; most is -1 where there is no limit.
func (in *invocation) withService(least, most int, act func(*live) error) (err error) {
	args := in.Flags.Args().Slice()
	if most >= 0 {
		if args, err = in.Args(most); err != nil {
			return err
		}
	}
	if len(args) < least {
		return kit.UsageError{Text: fmt.Sprintf("%s needs %s", in.Flags.Command.HelpName, in.Flags.Command.ArgsUsage)}
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	l := &live{in: in, ctx: ctx, args: args, lists: map[string]wire.JobList{}}
	dir, err := l.readWorkspace()
	if err != nil {
		return err
	}
	region := ""
	if l.workspace != nil {
		region = l.workspace.Region
	}
	if l.service, err = in.connect(dir, region); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	return act(l)
}

// readWorkspace reads buildsync.yaml where there is one. The definitions do not
// matter here, so their errors do not either.
func (l *live) readWorkspace() (dir string, err error) {
	in := l.in
	dir, err = in.findWorkspace()
	switch {
	case err != nil && (in.Text("dir") != "" || in.Text("env") != ""):
		return "", err
	case err != nil:
		return "", nil
	}
	w, err := in.openFolder(dir)
	if err != nil {
		return "", err
	}
	workspace, diagnostics := spec.LoadWorkspace(w.Tree, spec.Options{Environment: in.Text("env")})
	if err := in.unknownEnvironment(diagnostics); err != nil {
		return "", err
	}
	if diagnostics.HasErrors() {
		return "", errors.Join(in.reportAt(diagnostics, w.Tree), said(exitInvalid))
	}
	l.workspace = workspace
	return dir, nil
}

// objectID is the form of the ids of projects, jobs and templates.
var objectID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-zA-Z]{32}$`) })

// project is a CodeArts project by its id, and by its alias where it has one.
type project struct {
	ID    string
	Alias string
}

func (p project) String() string {
	if p.Alias != "" {
		return p.Alias
	}
	return p.ID
}

// project returns the project that --project names, or the workspace's default.
func (l *live) project() (project, error) {
	word := l.in.Text("project")
	if word != "" {
		return l.projectCalled(word)
	}
	if l.workspace == nil {
		return project{}, kit.UsageError{Text: "no project selected: add --project ID, or run this in a workspace"}
	}
	if l.workspace.Default != "" {
		return l.projectCalled(l.workspace.Default)
	}
	aliases := l.aliases()
	if len(aliases) == 1 {
		return l.projectCalled(aliases[0])
	}
	return project{}, kit.UsageError{Text: "buildsync.yaml has several projects and no default_project: add --project with one of: " + strings.Join(aliases, ", ")}
}

func (l *live) projectCalled(word string) (project, error) {
	if l.workspace != nil {
		for alias, p := range l.workspace.Projects {
			if alias == word || p.ID == word {
				return project{ID: p.ID, Alias: alias}, nil
			}
		}
	}
	if objectID().MatchString(word) {
		return project{ID: word}, nil
	}
	if aliases := l.aliases(); len(aliases) > 0 {
		return project{}, kit.UnknownWord("project", word, aliases)
	}
	return project{}, kit.UsageError{Text: fmt.Sprintf("--project %q is not an id of 32 letters and digits, and there is no workspace here that it could be an alias of", word)}
}

func (l *live) aliases() []string {
	var aliases []string
	if l.workspace != nil {
		for alias := range l.workspace.Projects {
			aliases = append(aliases, alias)
		}
	}
	slices.Sort(aliases)
	return aliases
}

// job finds a job by its id, its name, or its address (project/job/name).
func (l *live) job(word string) (pages.JobRef, error) {
	if objectID().MatchString(word) {
		job := pages.JobRef{ID: word}
		if l.in.Text("project") == "" {
			return job, nil
		}
		in, err := l.project()
		job.ProjectID = in.ID
		return job, err
	}
	name := word
	in, err := project{}, error(nil)
	if alias, rest, isAddress := strings.Cut(word, "/job/"); isAddress {
		name = rest
		in, err = l.projectCalled(alias)
	} else {
		in, err = l.project()
	}
	if err != nil {
		return pages.JobRef{}, err
	}
	list, err := l.list(in)
	if err != nil {
		return pages.JobRef{}, err
	}
	return findJob(list, in, name)
}

// body reads the body of a job.
func (l *live) body(job pages.JobRef) (*jsontree.Value, error) {
	return reading.Body(l.ctx, l.service, job.ID, job.ProjectID)
}

// list reads a project's jobs, once.
func (l *live) list(p project) (wire.JobList, error) {
	if list, known := l.lists[p.ID]; known {
		return list, nil
	}
	list, err := l.Listing(l.ctx, p.ID)
	if err == nil {
		l.lists[p.ID] = list
	}
	return list, err
}

func findJob(list wire.JobList, in project, name string) (pages.JobRef, error) {
	var found []pages.JobRef
	var names []string
	for i := range list.Jobs {
		item := &list.Jobs[i]
		names = append(names, item.JobName)
		if item.JobName == name {
			found = append(found, pages.JobRef{ID: item.ID, ProjectID: in.ID, Name: item.JobName, Item: item})
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return pages.JobRef{}, noSuchJob(list, in, name, names)
	}
	var ids []string
	for _, job := range found {
		ids = append(ids, job.ID)
	}
	return pages.JobRef{}, kit.UsageError{Text: fmt.Sprintf("%d jobs of %s are called %q; give the id of one: %s", len(found), in, name, strings.Join(ids, ", "))}
}

func noSuchJob(list wire.JobList, in project, name string, names []string) error {
	text := fmt.Sprintf("no job of the project %s is called %q", in, sanitize.Line(name, 200))
	if near := spec.Nearest(name, names); near != "" {
		text += fmt.Sprintf("; did you mean %q?", sanitize.Line(near, 200))
	}
	if !list.Complete {
		text += "; the service's list is incomplete, so it may exist all the same: " + list.Problem
	}
	return errors.New(text)
}

// lastWrite bounds a write that an interrupt finds under way.
const lastWrite = 2 * time.Minute

// write sends one write. An interrupt before it prevents it; during it the answer
// is waited for, so that it is known what happened. A write whose end is not
// known makes the exit code 6.
func (l *live) write(send func(context.Context) error) error {
	if l.ctx.Err() != nil {
		return context.Cause(l.ctx)
	}
	l.in.Stops.Wrote.Store(true)
	l.in.Stops.Writing.Store(true)
	defer l.in.Stops.Writing.Store(false)
	ctx, cancel := context.WithTimeout(l.in.Stops.Hard, lastWrite)
	defer cancel()
	err := send(ctx)
	if err != nil && client.OutcomeOf(err) == client.Unsure {
		return &failure{exitPartial, err}
	}
	return err
}

// agree asks before something is lost. Without a terminal --yes must say so.
func (l *live) agree(question string) error {
	if l.in.On("yes") {
		return nil
	}
	if !kit.IsTerminal(l.in.Stdin) {
		return kit.UsageError{Text: "there is no terminal to ask on: add --yes"}
	}
	agreed, err := l.in.Confirm(l.ctx, question)
	if err == nil && !agreed {
		err = &failure{exitFailed, errors.New("nothing was written")}
	}
	return err
}

// wait passes time by the service's clock.
func (l *live) wait(d time.Duration) error { return l.clock.Wait(l.ctx, d) }
