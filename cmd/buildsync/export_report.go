package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

func compareText(a, b string) int { return strings.Compare(a, b) }

// finish prints what was done, and verifies it where that is asked for.
func (x *exporting) finish() error {
	r := &x.report
	for _, problem := range r.Problems {
		x.printf("not exported: %s: %s\n", sanitize.Line(problem.Address, 300), sanitize.Line(problem.Reason, 1000))
	}
	if len(r.Secrets) > 0 {
		x.printf("\nValues to supply, each as BUILDSYNC_SECRET_<NAME> or a file in --secrets-dir:\n")
		for _, secret := range r.Secrets {
			x.printf("  %s  parameter %s of %s\n", secret.Name, sanitize.Line(secret.Parameter, 130), sanitize.Line(secret.Address, 300))
		}
	}
	for _, path := range r.Withheld {
		x.printf("left out, because it may be secret; it stays as it is: %s\n", sanitize.Line(path, 400))
	}
	edited := ""
	if x.on("force") {
		edited = fmt.Sprintf("%d edited, ", r.Updated)
	}
	if _, err := fmt.Fprintf(x.stdout, "Export: %d written, %s%d defined already, %d not exported.\n", len(r.Written), edited, r.Kept, len(r.Problems)); err != nil {
		return err
	}
	if err := x.factor(); err != nil {
		return err
	}
	code := exitDone
	if len(r.Problems) > 0 {
		code = exitPartial
	}
	if x.on("verify") {
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

// factor moves what the definitions share, or says that it could be moved.
func (x *exporting) factor() error {
	if !x.on("factor") && len(x.report.Written) == 0 {
		return nil
	}
	w, err := x.open()
	if err != nil {
		return err
	}
	vars, err := x.variables()
	if err != nil {
		return err
	}
	factoring, err := export.Factor(w.set, x.layout, compile.Options{Vars: vars, Catalogue: w.catalogue})
	if err != nil {
		return fmt.Errorf("factoring: %w", err)
	}
	if !x.on("factor") {
		if factoring.Jobs > 0 {
			x.note("--factor would make %d definitions shorter: %d keys into defaults.job, %d templates", factoring.Jobs, len(factoring.Defaults), len(factoring.Templates))
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(factoring.Files)) {
		full := filepath.Join(x.w.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
		if err := writeFileMode(full, factoring.Files[name], 0o644); err != nil {
			return err
		}
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
	fmt.Fprintf(&out, "Factored: %d definitions are shorter.\n", f.Jobs)
	_, err := io.WriteString(x.stdout, out.String())
	return err
}

// verify compiles the workspace as it is now and compares it with all that was
// read.
func (x *exporting) verify() (exact bool, err error) {
	w, err := x.open()
	if err != nil {
		return false, err
	}
	count, total := 0, 0
	say := func(address string, paths []string) {
		if total++; len(paths) == 0 {
			count++
			return
		}
		x.printf("differs: %s in %s\n", sanitize.Line(address, 300), sanitize.Line(strings.Join(paths, ", "), 1000))
	}
	jobs := map[string]*compile.Job{}
	for _, job := range w.result.Jobs {
		jobs[job.ProjectID+"/"+job.Name] = job
	}
	for _, live := range x.live {
		job := jobs[live.ProjectID+"/"+live.Name]
		if job == nil {
			say(live.Name, []string{"everything: it is not defined"})
			continue
		}
		say(job.Address, x.exporter.Differences(job, live))
	}
	for _, live := range x.verified {
		say("template/"+live.Name, x.templateDifferences(w, live))
	}
	_, err = fmt.Fprintf(x.stdout, "%d of %d exact\n", count, total)
	return count == total, err
}

func (x *exporting) templateDifferences(w *workspace, live *diff.LiveTemplate) []string {
	for _, want := range w.result.Templates {
		if want.Name == live.Name {
			return x.exporter.TemplateDifferences(want, live)
		}
	}
	return []string{"everything: it is not defined"}
}
