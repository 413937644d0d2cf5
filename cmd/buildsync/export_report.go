package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func compareText(a, b string) int { return strings.Compare(a, b) }

// exportReport is what a run did. Its JSON form is schemas/export.schema.json.
type exportReport struct {
	FormatVersion string          `json:"format_version"`
	ToolVersion   string          `json:"tool_version"`
	ExitCode      int             `json:"exit_code"`
	Interrupted   bool            `json:"interrupted"`
	Projects      []string        `json:"projects"`
	Written       []exported      `json:"written"`
	Edited        []exported      `json:"edited"`
	Defined       []string        `json:"defined"` // addresses that were defined already
	Ignored       []string        `json:"ignored"` // addresses that the policy leaves alone
	Foreign       []string        `json:"foreign"` // templates that others have made public
	NotExported   []exportProblem `json:"not_exported"`
	Unsure        []exportProblem `json:"unsure"` // what could not be read
	Renamed       []exportRename  `json:"renamed"`
	Secrets       []exportSecret  `json:"secrets"`
	Withheld      []exportPath    `json:"withheld"`
	Factored      *exportFactored `json:"factored"`
	Verified      *exportVerified `json:"verified"`
}

type exported struct {
	Address string   `json:"address"`
	Files   []string `json:"files"` // the definitions first, then the scripts
}

// exportProblem is an object that has no definition now, or may have none.
type exportProblem struct {
	Address string `json:"address"`
	ID      string `json:"id"` // of the job or template; "" where none is known
	Reason  string `json:"reason"`
}

// exportRename is a job that the next apply gives the name of its definition.
type exportRename struct {
	Address  string `json:"address"`
	ID       string `json:"id"`
	LiveName string `json:"live_name"`
}

// exportSecret is a value to supply.
type exportSecret struct {
	Name      string `json:"name"`
	Parameter string `json:"parameter"`
	Address   string `json:"address"`
}

type exportPath struct {
	Address string `json:"address"`
	Path    string `json:"path"`
}

type exportFactored struct {
	Definitions int                 `json:"definitions"` // that became shorter
	Defaults    []string            `json:"defaults"`
	Templates   []exportSharedSteps `json:"templates"`
	Fragments   []exportSharedSteps `json:"fragments"`
}

type exportSharedSteps struct {
	Name string `json:"name"`
	Jobs int    `json:"jobs"`
}

type exportVerified struct {
	Exact       int                `json:"exact"`
	Total       int                `json:"total"`
	Differences []exportDifference `json:"differences"`
}

type exportDifference struct {
	Address string   `json:"address"`
	Paths   []string `json:"paths"`
}

func (x *exporting) problem(address, id, reason string) {
	x.report.NotExported = append(x.report.NotExported, exportProblem{address, id, reason})
}

func (x *exporting) unsure(address, id, reason string) {
	x.report.Unsure = append(x.report.Unsure, exportProblem{address, id, reason})
}

// say prints a line of the text form.
func (x *exporting) say(format string, args ...any) error {
	if x.Text("format") != "text" {
		return nil
	}
	_, err := fmt.Fprintf(x.Stdout, format, args...)
	return err
}

// finish prints the report as JSON, where that is asked for, however the run
// ended.
func (x *exporting) finish(code int, interrupted bool) error {
	if x.Text("format") != "json" {
		return nil
	}
	r := x.report
	r.FormatVersion, r.ToolVersion, r.ExitCode, r.Interrupted = "1.1", kit.Version(), code, interrupted
	r.Projects, r.Defined, r.Ignored, r.Foreign = listed(r.Projects), listed(r.Defined), listed(r.Ignored), listed(r.Foreign)
	r.Written, r.Edited, r.NotExported, r.Unsure = listed(r.Written), listed(r.Edited), listed(r.NotExported), listed(r.Unsure)
	r.Renamed, r.Secrets, r.Withheld = listed(r.Renamed), listed(r.Secrets), listed(r.Withheld)
	document, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	_, err = x.Stdout.Write(append(document, '\n'))
	return err
}

// listed is a list that is never null in JSON.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// conclude says what was done, factors and verifies where that is asked for,
// and ends with the exit code.
func (x *exporting) conclude() error {
	if x.Text("format") == "text" {
		x.tell()
	}
	r := &x.report
	edited := ""
	if x.On("force") {
		edited = fmt.Sprintf("%d edited, ", len(r.Edited))
	}
	if err := x.say("Export: %d written, %s%d defined already, %d not exported.\n", len(r.Written), edited, len(r.Defined), len(r.NotExported)+len(r.Unsure)); err != nil {
		return err
	}
	if err := x.factor(); err != nil {
		return err
	}
	code := exitDone
	if len(r.NotExported)+len(r.Unsure) > 0 {
		code = exitPartial
	}
	if x.On("verify") {
		exact, err := x.verify()
		if err != nil {
			return err
		}
		if !exact && code == exitDone {
			code = exitDifferent
		}
	}
	return said(code)
}

// tell says on stderr what a person has to know or do.
func (x *exporting) tell() {
	r := &x.report
	for _, problem := range slices.Concat(r.Unsure, r.NotExported) {
		x.Printf("not exported: %s: %s\n", sanitize.Line(problem.Address, 300), sanitize.Line(problem.Reason, 1000))
	}
	for _, job := range r.Renamed {
		x.Printf("the next apply renames a job: %s is called %s now (id %s)\n", sanitize.Line(job.Address, 300), sanitize.Line(job.LiveName, 300), sanitize.Line(job.ID, 100))
	}
	if len(r.Ignored) > 0 {
		x.Note("left out, as policy.ignore says: %s", fewOf(r.Ignored))
	}
	if len(r.Foreign) > 0 {
		x.Note("left out, as other accounts have made them public: %s", fewOf(r.Foreign))
	}
	x.tellSecrets()
	for _, path := range r.Withheld {
		x.Printf("left out, because it may be secret; it stays as it is: %s\n", sanitize.Line(path.Address+" "+path.Path, 400))
	}
}

// fewOf lists the first of many names, and how many more there are.
func fewOf(names []string) string {
	const shown = 5
	text := sanitize.Line(strings.Join(names[:min(len(names), shown)], ", "), 1000)
	if len(names) > shown {
		text += fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return text
}

// tellSecrets lists the values to supply, a line for each name.
func (x *exporting) tellSecrets() {
	users, parameters := map[string][]exportSecret{}, map[string]bool{}
	var names []string
	for _, s := range x.report.Secrets {
		if users[s.Name] == nil {
			names = append(names, s.Name)
		}
		users[s.Name] = append(users[s.Name], s)
		parameters[s.Parameter] = true
	}
	if len(names) == 0 {
		return
	}
	x.Printf("\nValues to supply, each as BUILDSYNC_SECRET_<NAME> or a file in --secrets-dir:\n")
	for _, name := range names {
		first, more := users[name][0], ""
		if n := len(users[name]) - 1; n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		x.Printf("  %s  parameter %s of %s%s\n", name, sanitize.Line(first.Parameter, 130), sanitize.Line(first.Address, 300), more)
	}
	if len(names) > len(parameters) {
		x.Note("each job has secrets of its own, for nobody can see whether two values are one; where parameters of one name hold one value, export with --share-secrets")
	}
}

// factor moves what the definitions share, or says that it could be moved.
func (x *exporting) factor() error {
	if !x.On("factor") && len(x.report.Written) == 0 {
		return nil
	}
	w, err := x.openToFill()
	if err != nil {
		return err
	}
	vars, err := x.variables()
	if err != nil {
		return err
	}
	factoring, err := export.Factor(w.Set, x.layout, compile.Options{Vars: vars, Catalogue: w.Catalogue})
	if err != nil && x.On("factor") {
		return fmt.Errorf("factoring: %w", err)
	}
	if !x.On("factor") {
		if err == nil && factoring.Jobs > 0 { // a hint never fails the command
			x.Note("--factor would make %d definitions shorter: %d keys into defaults.job, %d templates, %d fragments", factoring.Jobs, len(factoring.Defaults), len(factoring.Templates), len(factoring.Fragments))
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(factoring.Files)) {
		if err := x.writeDefinitions(name, factoring.Files[name]); err != nil {
			return err
		}
	}
	x.report.Factored = &exportFactored{Definitions: factoring.Jobs, Defaults: listed(factoring.Defaults), Templates: []exportSharedSteps{}, Fragments: []exportSharedSteps{}}
	for _, t := range factoring.Templates {
		x.report.Factored.Templates = append(x.report.Factored.Templates, exportSharedSteps(t))
	}
	for _, t := range factoring.Fragments {
		x.report.Factored.Fragments = append(x.report.Factored.Fragments, exportSharedSteps(t))
	}
	return x.printFactoring(factoring)
}

func (x *exporting) printFactoring(f *export.Factoring) error {
	var out strings.Builder
	if len(f.Defaults) > 0 {
		fmt.Fprintf(&out, "defaults.job: %s\n", strings.Join(f.Defaults, ", "))
	}
	for _, t := range f.Templates {
		fmt.Fprintf(&out, "template %s: the steps of %d jobs\n", sanitize.Line(t.Name, 100), t.Jobs)
	}
	for _, t := range f.Fragments {
		fmt.Fprintf(&out, "fragment %s: steps of %d jobs\n", sanitize.Line(t.Name, 100), t.Jobs)
	}
	fmt.Fprintf(&out, "Factored: %d definitions are shorter.\n", f.Jobs)
	return x.say("%s", out.String())
}

// verify compiles the workspace as it is now and compares it with all that was
// read.
func (x *exporting) verify() (exact bool, err error) {
	w, err := x.openToFill()
	if err != nil {
		return false, err
	}
	result := &exportVerified{Differences: []exportDifference{}}
	compare := func(address string, paths []string) {
		if result.Total++; len(paths) == 0 {
			result.Exact++
			return
		}
		result.Differences = append(result.Differences, exportDifference{address, paths})
		if x.Text("format") == "text" {
			x.Printf("differs: %s in %s\n", sanitize.Line(address, 300), sanitize.Line(strings.Join(paths, ", "), 1000))
		}
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
	x.report.Verified = result
	return result.Exact == result.Total, x.say("%d of %d exact\n", result.Exact, result.Total)
}

func (x *exporting) templateDifferences(w *workspace.Workspace, live *diff.LiveTemplate) []string {
	for _, want := range w.Result.Templates {
		if want.Name == live.Name {
			return x.exporter.TemplateDifferences(want, live)
		}
	}
	return []string{"everything: it is not defined"}
}
