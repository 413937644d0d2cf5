package main

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
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
	if _, err := fmt.Fprintf(x.stdout, "Export: %d written, %d defined already, %d not exported.\n", len(r.Written), r.Kept, len(r.Problems)); err != nil {
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
