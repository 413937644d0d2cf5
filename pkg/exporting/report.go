package exporting

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Report is the result of a run. Its JSON form is schemas/export.schema.json.
type Report struct {
	FormatVersion string       `json:"format_version"`
	ToolVersion   string       `json:"tool_version"`
	ExitCode      int          `json:"exit_code"`
	Interrupted   bool         `json:"interrupted"`
	Projects      []string     `json:"projects"`
	Written       []Exported   `json:"written"`
	Edited        []Exported   `json:"edited"`
	Defined       []string     `json:"defined"` // addresses that were defined already
	Ignored       []string     `json:"ignored"` // addresses that the policy leaves alone
	Foreign       []string     `json:"foreign"` // templates that others have made public
	NotExported   []Problem    `json:"not_exported"`
	Unsure        []Problem    `json:"unsure"` // what could not be read
	Renamed       []Rename     `json:"renamed"`
	Secrets       []Secret     `json:"secrets"`
	Withheld      []Path       `json:"withheld"`
	Replaced      []Replaced   `json:"replaced"`
	Suppressed    []Suppressed `json:"suppressed"`
	Factored      *Factored    `json:"factored"`
	Verified      *Verified    `json:"verified"`
}

type Exported struct {
	Address string   `json:"address"`
	Files   []string `json:"files"` // the definitions first, then the scripts
}

// Problem is an object that has no definition, or may have none.
type Problem struct {
	Address string `json:"address"`
	ID      string `json:"id"` // of the job or template; "" if none is known
	Reason  string `json:"reason"`
}

// Rename is a job that the next apply gives the name of its definition.
type Rename struct {
	Address  string `json:"address"`
	ID       string `json:"id"`
	LiveName string `json:"live_name"`
}

// Secret is a value to supply.
type Secret struct {
	Name      string `json:"name"`
	Parameter string `json:"parameter"`
	Address   string `json:"address"`
}

type Path struct {
	Address string `json:"address"`
	Path    string `json:"path"`
}

// Replaced is a reference of a definition that was replaced by the text that is live.
type Replaced struct {
	Address   string `json:"address"`
	Reference string `json:"reference"`
	File      string `json:"file"`
	Line      int    `json:"line"` // before the edit
}

type Factored struct {
	Definitions int           `json:"definitions"` // that became shorter
	Defaults    []string      `json:"defaults"`
	Templates   []SharedSteps `json:"templates"`
	Fragments   []SharedSteps `json:"fragments"`
}

type SharedSteps struct {
	Name string `json:"name"`
	Jobs int    `json:"jobs"`
}

type Verified struct {
	Exact       int          `json:"exact"`
	Total       int          `json:"total"`
	Differences []Difference `json:"differences"`
}

type Difference struct {
	Address string   `json:"address"`
	Paths   []string `json:"paths"`
}

// Write writes the report as JSON; lists are never null.
func (r Report) Write(w io.Writer, code int, interrupted bool) error {
	r.FormatVersion, r.ExitCode, r.Interrupted = "1.3", code, interrupted
	r.Projects, r.Defined, r.Ignored, r.Foreign = listed(r.Projects), listed(r.Defined), listed(r.Ignored), listed(r.Foreign)
	r.Written, r.Edited, r.NotExported, r.Unsure = listed(r.Written), listed(r.Edited), listed(r.NotExported), listed(r.Unsure)
	r.Renamed, r.Secrets, r.Withheld, r.Replaced = listed(r.Renamed), listed(r.Secrets), listed(r.Withheld), listed(r.Replaced)
	r.Suppressed = listed(r.Suppressed)
	document, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	_, err = w.Write(append(document, '\n'))
	return err
}

// listed returns a list that is never null in JSON.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (x *Run) problem(address, id, reason string) {
	x.Report.NotExported = append(x.Report.NotExported, Problem{address, id, reason})
}

func (x *Run) unsure(address, id, reason string) {
	x.Report.Unsure = append(x.Report.Unsure, Problem{address, id, reason})
}

// Factor computes what the definitions share. It writes nothing.
func (x *Run) Factor() (*export.Factoring, error) {
	w, err := x.tell.Reopen()
	if err != nil {
		return nil, err
	}
	return export.Factor(w.Set, x.layout, compile.Options{Vars: x.opts.Vars, Catalogue: w.Catalogue})
}

// KeepFactoring writes the factored definitions.
func (x *Run) KeepFactoring(factoring *export.Factoring) error {
	for _, name := range slices.Sorted(maps.Keys(factoring.Files)) {
		if err := x.writeDefinitions(name, factoring.Files[name]); err != nil {
			return err
		}
		x.shared = append(x.shared, name)
	}
	x.Report.Factored = &Factored{Definitions: factoring.Jobs, Defaults: listed(factoring.Defaults), Templates: []SharedSteps{}, Fragments: []SharedSteps{}}
	for _, t := range factoring.Templates {
		x.Report.Factored.Templates = append(x.Report.Factored.Templates, SharedSteps(t))
	}
	for _, t := range factoring.Fragments {
		x.Report.Factored.Fragments = append(x.Report.Factored.Fragments, SharedSteps(t))
	}
	return nil
}

// Verify compiles the present workspace and compares it with everything that was read.
func (x *Run) Verify() error {
	w, err := x.tell.Reopen()
	if err != nil {
		return err
	}
	result := &Verified{Differences: []Difference{}}
	compare := func(address string, paths []string) {
		if result.Total++; len(paths) == 0 {
			result.Exact++
			return
		}
		result.Differences = append(result.Differences, Difference{address, paths})
	}
	jobs := map[string]*compile.Job{}
	for _, job := range w.Result.Jobs {
		jobs[job.ProjectID+"/"+job.Name] = job
		jobs[job.ID] = job
	}
	for _, live := range x.read {
		job := jobs[live.ID]
		if job == nil {
			job = jobs[live.ProjectID+"/"+live.Name]
		}
		if job == nil {
			compare(live.address, []string{"everything: it is not defined"})
			continue
		}
		compare(job.Address, x.exporter.Differences(job, live.LiveJob))
	}
	for _, live := range x.verified {
		compare("template/"+live.Name, x.templateDifferences(w, live))
	}
	x.Report.Verified = result
	return nil
}

func (x *Run) templateDifferences(w *workspace.Workspace, live *diff.LiveTemplate) []string {
	for _, want := range w.Result.Templates {
		if want.Name == live.Name {
			return x.exporter.TemplateDifferences(want, live)
		}
	}
	return []string{"everything: it is not defined"}
}
