package jobs

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// API is what finding needs of the service; *client.Client implements it.
type API interface {
	live.ListAPI
	live.JobAPI
	History(ctx context.Context, jobID string, days int) iter.Seq2[wire.HistoryRecord, error]
	Record(ctx context.Context, jobID string, number int) (wire.Record, error)
	Templates(ctx context.Context, name string) iter.Seq2[wire.Template, error]
	AllTemplates(ctx context.Context, name string) iter.Seq2[wire.Template, error]
}

// Finder finds objects of the service. It reads each listing once.
type Finder struct {
	API       API
	Workspace *spec.Workspace // its projects have aliases; nil outside a workspace
	Selected  string          // the project to look in, an alias or an id; "" for the default
	lists     map[string]wire.JobList
}

// objectID is the form of the ids of projects, jobs and templates; recordID that
// of the ids of build records.
var (
	objectID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-zA-Z]{32}$`) })
	recordID = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	})
)

// IsRecord reports whether a word has the form of a build record's id.
func IsRecord(word string) bool { return recordID().MatchString(word) }

// Project returns the selected project, or else the workspace's default.
func (f *Finder) Project() (Project, error) {
	aliases := f.aliases()
	switch {
	case f.Selected != "":
		return f.projectCalled(f.Selected)
	case f.Workspace == nil:
		return Project{}, wrongInput("no project selected: %s", remedy.SelectProject)
	case f.Workspace.Default != "":
		return f.projectCalled(f.Workspace.Default)
	case len(aliases) == 1:
		return f.projectCalled(aliases[0])
	}
	return Project{}, wrongInput("buildsync.yaml has several projects and no default_project: %s", remedy.SelectOneOf(aliases))
}

func (f *Finder) projectCalled(word string) (Project, error) {
	if f.Workspace != nil {
		for alias, p := range f.Workspace.Projects {
			if alias == word || p.ID == word {
				return Project{ID: p.ID, Alias: alias}, nil
			}
		}
	}
	if objectID().MatchString(word) {
		return Project{ID: word}, nil
	}
	if aliases := f.aliases(); len(aliases) > 0 {
		return Project{}, wrongInput("unknown project %q%s", word, nearOrAll(word, aliases, "it is one of: "))
	}
	return Project{}, wrongInput("the project %q is not an id of 32 letters and digits, and there is no workspace here with aliases", word)
}

func (f *Finder) aliases() []string {
	var aliases []string
	if f.Workspace != nil {
		for alias := range f.Workspace.Projects {
			aliases = append(aliases, alias)
		}
	}
	slices.Sort(aliases)
	return aliases
}

// Job finds a job by its id, its name, or its address (project/job/name).
func (f *Finder) Job(ctx context.Context, word string) (Ref, error) {
	if objectID().MatchString(word) {
		if f.Selected == "" {
			return Ref{ID: word}, nil
		}
		in, err := f.Project()
		return Ref{ID: word, ProjectID: in.ID}, err
	}
	var in Project
	var err error
	alias, name, isAddress := strings.Cut(word, "/job/")
	if isAddress {
		in, err = f.projectCalled(alias)
	} else {
		name = word
		in, err = f.Project()
	}
	if err != nil {
		return Ref{}, err
	}
	list, err := f.List(ctx, in)
	if err != nil {
		return Ref{}, err
	}
	return findJob(list, in, name)
}

// Jobs finds the jobs that words name, each once. named asks for the names of
// those that were given by their id.
func (f *Finder) Jobs(ctx context.Context, words []string, named bool) ([]Ref, error) {
	var refs []Ref
	for _, word := range words {
		job, err := f.Job(ctx, word)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(refs, func(r Ref) bool { return r.ID == job.ID }) {
			continue
		}
		if named && job.Name == "" {
			body, err := f.Body(ctx, job)
			if err != nil {
				return nil, err
			}
			job.Name = body.Str(wire.KeyJobName)
		}
		refs = append(refs, job)
	}
	return refs, nil
}

// Body reads the body of a job.
func (f *Finder) Body(ctx context.Context, job Ref) (*jsontree.Value, error) {
	return live.Body(ctx, f.API, job.ID, job.ProjectID)
}

// Notices finds a job and reads its notifications.
func (f *Finder) Notices(ctx context.Context, word string) (Ref, []wire.Notice, error) {
	job, err := f.Job(ctx, word)
	if err != nil {
		return job, nil, err
	}
	notices, err := live.Notices(ctx, f.API, job.ID)
	return job, notices, err
}

// List reads a project's jobs, once.
func (f *Finder) List(ctx context.Context, p Project) (wire.JobList, error) {
	if list, known := f.lists[p.ID]; known {
		return list, nil
	}
	list, err := live.Listing(ctx, f.API, p.ID)
	if err == nil {
		if f.lists == nil {
			f.lists = map[string]wire.JobList{}
		}
		f.lists[p.ID] = list
	}
	return list, err
}

// Matching returns the jobs whose name one of the patterns matches, all without patterns.
func Matching(list []wire.JobItem, names spec.Names) []wire.JobItem {
	matching := []wire.JobItem{}
	for _, job := range list {
		if names.Select(job.JobName) {
			matching = append(matching, job)
		}
	}
	return matching
}

func findJob(list wire.JobList, in Project, name string) (Ref, error) {
	var found []Ref
	var names, ids []string
	for i := range list.Jobs {
		item := &list.Jobs[i]
		names = append(names, item.JobName)
		if item.JobName == name {
			found = append(found, Ref{ID: item.ID, ProjectID: in.ID, Name: item.JobName, Item: item})
			ids = append(ids, item.ID)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		problem := ""
		if !list.Complete {
			problem = list.Problem
		}
		return Ref{}, absent(fmt.Sprintf("no job of the project %s is called %q", in, sanitize.Line(name, 200)), name, names, problem)
	}
	return Ref{}, wrongInput("%d jobs of %s are called %q; give the id of one: %s", len(found), in, name, strings.Join(ids, ", "))
}

// AtMost collects builds, all of them for 0.
func AtMost(rows iter.Seq2[wire.HistoryRecord, error], limit int) ([]wire.HistoryRecord, error) {
	builds := []wire.HistoryRecord{}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		if builds = append(builds, row); len(builds) == limit {
			break
		}
	}
	return builds, nil
}

// Build finds the build that the words of a job and of a number name: the newest
// one without a number.
func (f *Finder) Build(ctx context.Context, words []string) (Build, error) {
	number := 0
	if len(words) > 1 {
		var err error
		if number, err = strconv.Atoi(strings.TrimPrefix(words[1], "#")); err != nil || number < 1 {
			return Build{}, wrongInput("%q is not the number of a build; write one such as 12", words[1])
		}
	}
	job, err := f.Job(ctx, words[0])
	if err != nil || number > 0 {
		return Build{Job: job, Number: number}, err
	}
	return f.newestBuild(ctx, job)
}

// newestBuild looks a job's last build up in its history, which does not say in
// what order it comes: the first page decides.
func (f *Finder) newestBuild(ctx context.Context, job Ref) (Build, error) {
	newest := Build{Job: job}
	seen := 0
	for row, err := range f.API.History(ctx, job.ID, wire.HistoryDays) {
		if err != nil {
			return newest, err
		}
		if n, err := strconv.Atoi(string(row.BuildNumber)); err == nil && n > newest.Number {
			newest.Number, newest.Record = n, row.RecordID
		}
		if seen++; seen == wire.MaxPage {
			break
		}
	}
	if newest.Number == 0 {
		return newest, fmt.Errorf("%s has no build of the last %d days; give the number of an older one", job, wire.HistoryDays)
	}
	return newest, nil
}

// BuildRecord finds the record of the build that words name: as Build does, or by
// the id of the record itself.
func (f *Finder) BuildRecord(ctx context.Context, words []string) (Build, error) {
	if IsRecord(words[0]) {
		if len(words) > 1 {
			return Build{}, wrongInput("the id of a build record names one build; leave out %q", words[1])
		}
		return Build{Record: words[0]}, nil
	}
	b, err := f.Build(ctx, words)
	if err != nil || b.Record != "" {
		return b, err
	}
	record, err := f.API.Record(ctx, b.Job.ID, b.Number)
	b.Record = RecordOf(record)
	return b, err
}
