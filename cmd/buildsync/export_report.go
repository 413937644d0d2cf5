package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/exporting"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// shownExport shows one run of export.
type shownExport struct {
	*invocation
	*exporting.Run
}

// sayText prints a line of the text form.
func (in *invocation) sayText(format string, args ...any) error {
	if in.Text("format") != "text" {
		return nil
	}
	_, err := fmt.Fprintf(in.Stdout, format, args...)
	return err
}

// finish prints the report as JSON, where that is asked for, however the run
// ended.
func (x *shownExport) finish(code int, interrupted bool) error {
	if x.Text("format") != "json" {
		return nil
	}
	x.Report.ToolVersion = kit.Version()
	document, err := x.Report.Encode(code, interrupted)
	if err != nil {
		return err
	}
	_, err = x.Stdout.Write(document)
	return err
}

// unmatchedPattern is the error about a pattern of --only that no live object has.
func (x *shownExport) unmatchedPattern() error {
	if glob := x.Unmatched(); glob != "" {
		return kit.UsageError{Text: fmt.Sprintf("--only %q matches no live job", glob)}
	}
	return nil
}

// conclude prints the result, factors and verifies if requested, and ends with the exit code.
func (x *shownExport) conclude() error {
	if x.Text("format") == "text" {
		x.tell()
	}
	r := &x.Report
	edited := ""
	if x.On("force") {
		edited = fmt.Sprintf("%d edited, ", len(r.Edited))
	}
	if err := x.sayText("Export: %d written, %s%d defined already, %d not exported.\n", len(r.Written), edited, len(r.Defined), len(r.NotExported)+len(r.Unsure)); err != nil {
		return err
	}
	if err := x.factored(); err != nil {
		return err
	}
	if err := x.Accept(); err != nil {
		return err
	}
	x.tellSuppressed()
	code := exitDone
	if len(r.NotExported)+len(r.Unsure) > 0 {
		code = exitPartial
	}
	if x.On("verify") {
		if err := x.Verify(); err != nil {
			return err
		}
		if err := x.tellVerified(); err != nil {
			return err
		}
		if v := r.Verified; v.Exact < v.Total && code == exitDone {
			code = exitDifferent
		}
	}
	return said(code)
}

// tell prints on stderr what a person must know or do.
func (x *shownExport) tell() {
	r := &x.Report
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

// fewOf lists the first of many names and the number of the others.
func fewOf(names []string) string {
	const shown = 5
	text := sanitize.Line(strings.Join(names[:min(len(names), shown)], ", "), 1000)
	if len(names) > shown {
		text += fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return text
}

// tellSecrets lists the values to supply, a line for each name.
func (x *shownExport) tellSecrets() {
	users, parameters := map[string][]exporting.Secret{}, map[string]bool{}
	var names []string
	for _, s := range x.Report.Secrets {
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
		x.Note("each job has secrets of its own, because equal values cannot be seen; if parameters of one name have one value, export with --share-secrets")
	}
}

// factored moves what the definitions share, or reports that it could be moved.
func (x *shownExport) factored() error {
	if !x.On("factor") && len(x.Report.Written) == 0 {
		return nil
	}
	factoring, err := x.Factor()
	switch {
	case x.On("factor") && err != nil:
		return fmt.Errorf("factoring: %w", err)
	case !x.On("factor"):
		if err == nil && factoring.Jobs > 0 { // a hint never fails the command
			x.Note("--factor would make %d definitions shorter: %d keys into defaults.job, %d templates, %d fragments", factoring.Jobs, len(factoring.Defaults), len(factoring.Templates), len(factoring.Fragments))
		}
		return nil
	}
	if err := x.KeepFactoring(factoring); err != nil {
		return err
	}
	return x.printFactoring(factoring)
}

func (x *shownExport) printFactoring(f *export.Factoring) error {
	var out strings.Builder
	if len(f.Defaults) > 0 {
		fmt.Fprintf(&out, "defaults.job: %s\n", strings.Join(f.Defaults, ", "))
	}
	for _, t := range f.Templates {
		fmt.Fprintf(&out, "template %s: the steps of %s\n", sanitize.Line(t.Name, 100), sanitize.Counted(t.Jobs, "job"))
	}
	for _, t := range f.Fragments {
		fmt.Fprintf(&out, "fragment %s: steps of %s\n", sanitize.Line(t.Name, 100), sanitize.Counted(t.Jobs, "job"))
	}
	fmt.Fprintf(&out, "Factored: %d definitions are shorter.\n", f.Jobs)
	return x.sayText("%s", out.String())
}

// tellSuppressed lists the live values that lint calls errors.
func (x *shownExport) tellSuppressed() {
	if len(x.Report.Suppressed) == 0 {
		return
	}
	var rules []string
	for _, s := range x.Report.Suppressed {
		if !slices.Contains(rules, s.Rule) {
			rules = append(rules, s.Rule)
		}
	}
	slices.Sort(rules)
	x.Note("%s would be errors of lint (%s); each has a comment # buildsync:ignore RULE: live value, to be looked at", sanitize.Counted(len(x.Report.Suppressed), "live value"), strings.Join(rules, ", "))
}

// tellVerified says how far definitions and live state agree.
func (x *shownExport) tellVerified() error {
	v := x.Report.Verified
	for _, d := range v.Differences {
		if x.Text("format") == "text" {
			x.Printf("differs: %s in %s\n", sanitize.Line(d.Address, 300), sanitize.Line(strings.Join(d.Paths, ", "), 1000))
		}
	}
	return x.sayText("%d of %d exact\n", v.Exact, v.Total)
}
