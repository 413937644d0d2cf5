package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Tested is the result of one fixture: a file ok*.yaml or bad*.yaml in the folder tests/NAME beside
// the policy files.
type Tested struct {
	Policy string           `json:"policy"`
	File   string           `json:"file"`
	Passed bool             `json:"passed"`
	Reason string           `json:"reason,omitempty"` // why it has not
	Found  spec.Diagnostics `json:"-"`                // that keep it from being compiled
}

// isFixture reports whether a YAML file below folder has the name of a fixture.
func isFixture(folder, file string) bool {
	base := path.Base(file)
	return path.Dir(path.Dir(file)) == folder && (strings.HasPrefix(base, "ok") || strings.HasPrefix(base, "bad"))
}

// Test runs the fixtures of the policies called names, or of all. They can use the templates and
// fragments of w, but its jobs are ignored, and so are exceptions. untested are the policies
// without a fixture.
func (s *Set) Test(w *spec.Set, vars map[string]string, names []string) (results []Tested, untested []string, err error) {
	t := &tester{set: s, workspace: w, vars: vars, run: s.NewRun("")}
	t.run.exempt = false
	for _, file := range w.Files {
		shared := *file
		if shared.Jobs, shared.Removed = nil, nil; shared.Shares() {
			t.shared = append(t.shared, &shared)
		}
	}
	seen := map[string]bool{}
	for _, folder := range spec.PolicyTestFolders(w.Workspace) {
		files, err := w.Tree.Glob([]string{folder + "/**/*.{yaml,yml}"})
		if err != nil {
			return nil, nil, err
		}
		for _, file := range files {
			name := path.Base(path.Dir(file))
			switch is := isFixture(folder, file); {
			case is && (len(names) == 0 || slices.Contains(names, name)):
				seen[name] = true
				results = append(results, t.test(name, file))
			case !is && len(names) == 0:
				results = append(results, Tested{Policy: name, File: file, Reason: "this is not a fixture, and was not run: fixtures are " + folder + "/NAME/ok*.yaml and bad*.yaml"})
			}
		}
	}
	for _, p := range s.Policies {
		if !seen[p.Name] && (len(names) == 0 || slices.Contains(names, p.Name)) {
			untested = append(untested, p.Name)
		}
	}
	return results, untested, nil
}

// ByName returns the policy of a name, and the nearest name if there is none.
func (s *Set) ByName(name string) (p *Policy, near string) {
	var names []string
	for _, p := range s.Policies {
		if p.Name == name {
			return p, ""
		}
		names = append(names, p.Name)
	}
	return nil, spec.Nearest(name, names)
}

type tester struct {
	set       *Set
	workspace *spec.Set
	vars      map[string]string
	shared    []*spec.File
	run       *Run
}

func (t *tester) test(name, file string) Tested {
	result := Tested{Policy: name, File: file}
	p, near := t.set.ByName(name)
	if p == nil {
		result.Reason = spec.WithSuggestion("there is no policy "+quoted(name), near)
		return result
	}
	jobs, found := t.compile(file)
	if found.HasErrors() {
		result.Found, result.Reason = found, "it does not compile"
		return result
	}
	result.Reason = t.judge(p, jobs, strings.HasPrefix(path.Base(file), "ok"))
	result.Passed = result.Reason == ""
	return result
}

// compile compiles the jobs of a fixture.
func (t *tester) compile(file string) ([]*compile.Job, spec.Diagnostics) {
	loaded, found := spec.LoadFile(t.workspace.Tree, file)
	if loaded == nil || found.HasErrors() {
		return nil, found
	}
	set := *t.workspace
	set.Files = append(slices.Clone(t.shared), loaded)
	result, found := compile.Compile(&set, compile.Options{Vars: t.vars, Catalogue: t.set.catalogue, Partly: true})
	return result.Jobs, found
}

// judge returns why a fixture does not show what its name says, "" if it does.
func (t *tester) judge(p *Policy, jobs []*compile.Job, wantOK bool) string {
	if len(jobs) == 0 {
		return "it defines no job"
	}
	t.run.only = p
	for _, job := range jobs {
		subject := t.set.OfJob(job)
		breaches := t.run.Judge(subject)
		switch {
		case wantOK && len(breaches) > 0:
			return breaches[0].Message
		case !wantOK && !p.where.holds(subject):
			return fmt.Sprintf("the policy does not apply to the job %s: see where", quoted(job.Name))
		case !wantOK && len(breaches) == 0:
			return fmt.Sprintf("the job %s complies with the policy", quoted(job.Name))
		}
	}
	return ""
}
