package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Exporting prints what a run of export does: results on stdout, if they are text, and what a
// person must know or do on stderr.
type Exporting struct {
	*kit.Invocation
	Text bool
}

// Say prints a line of the text form.
func (x *Exporting) Say(format string, args ...any) error {
	if !x.Text {
		return nil
	}
	_, err := fmt.Fprintf(x.Stdout, format, args...)
	return err
}

// Result prints what was exported and what was not.
func (x *Exporting) Result(r *exporting.Report) error {
	if x.Text {
		x.tell(r)
	}
	return x.Say("Export: %s.\n", cmp.Or(sanitize.Counts(
		sanitize.Count{N: len(r.Written), What: "written"},
		sanitize.Count{N: len(r.Edited), What: "edited"},
		sanitize.Count{N: len(r.Defined), What: "defined already"},
		sanitize.Count{N: len(r.NotExported) + len(r.Unsure), What: "not exported"},
	), "nothing is live that could be exported"))
}

// tell prints on stderr what a person must know or do.
func (x *Exporting) tell(r *exporting.Report) {
	for _, problem := range slices.Concat(r.Unsure, r.NotExported) {
		x.Printf("not exported: %s: %s\n", sanitize.Line(problem.Address, 300), sanitize.Line(problem.Reason, 1000))
	}
	for _, job := range r.Renamed {
		x.Printf("the next apply renames a job: %s is called %s now (id %s)\n", sanitize.Line(job.Address, 300), sanitize.Line(job.LiveName, 300), sanitize.Line(job.ID, 100))
	}
	if len(r.Ignored) > 0 {
		x.Note("left out, because policy.ignore names them:  %s", sanitize.Line(sanitize.Some(r.Ignored, 5), 1000))
	}
	if len(r.Foreign) > 0 {
		x.Note("left out, because they are public templates of other accounts:  %s", sanitize.Line(sanitize.Some(r.Foreign, 5), 1000))
	}
	x.tellSecrets(r)
	for _, one := range r.Replaced {
		x.Note("%s:%d: %s was replaced by the live text in %s", sanitize.Line(one.File, 300), one.Line, sanitize.Line("${{ "+one.Reference+" }}", 200), sanitize.Line(one.Address, 300))
	}
	for _, path := range r.Withheld {
		x.Printf("left out, because it may be secret; it stays as it is: %s\n", sanitize.Line(path.Address+" "+path.Path, 400))
	}
}

// tellSecrets lists the values to supply, a line for each name.
func (x *Exporting) tellSecrets(r *exporting.Report) {
	users, parameters := map[string][]exporting.Secret{}, map[string]bool{}
	var names []string
	for _, s := range r.Secrets {
		if users[s.Name] == nil {
			names = append(names, s.Name)
		}
		users[s.Name] = append(users[s.Name], s)
		parameters[s.Parameter] = true
	}
	if len(names) == 0 {
		return
	}
	x.Printf("\nValues to supply, each as %s:\n", remedy.SupplySecrets)
	for _, name := range names {
		first, more := users[name][0], ""
		if n := len(users[name]) - 1; n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		x.Printf("  %s  parameter %s of %s%s\n", name, sanitize.Line(first.Parameter, 130), sanitize.Line(first.Address, 300), more)
	}
	if len(names) > len(parameters) {
		x.Note("each job has secrets of its own, because equal values cannot be seen; if parameters of one name have one value, %s", remedy.ShareSecrets)
	}
}

// MayFactor says how much shorter the definitions could be.
func (x *Exporting) MayFactor(f *export.Factoring) {
	if f.Jobs == 0 {
		return
	}
	var shared []string
	for _, made := range []string{
		sanitize.Counted(len(f.Defaults), "key") + " into defaults.job",
		sanitize.Counted(len(f.Templates), "template"),
		sanitize.Counted(len(f.Fragments), "fragment"),
	} {
		if !strings.HasPrefix(made, "0 ") {
			shared = append(shared, made)
		}
	}
	x.Note("%s would make %s shorter: %s", remedy.Factor, sanitize.Counted(f.Jobs, "definition"), strings.Join(shared, ", "))
}

// Factored prints what the definitions share now.
func (x *Exporting) Factored(f *export.Factoring) error {
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
	are := "are"
	if f.Jobs == 1 {
		are = "is"
	}
	fmt.Fprintf(&out, "Factored: %s %s shorter.\n", sanitize.Counted(f.Jobs, "definition"), are)
	return x.Say("%s", out.String())
}

// Suppressed lists the live values that lint calls errors.
func (x *Exporting) Suppressed(r *exporting.Report) {
	if len(r.Suppressed) == 0 {
		return
	}
	var rules []string
	for _, s := range r.Suppressed {
		if !slices.Contains(rules, s.Rule) {
			rules = append(rules, s.Rule)
		}
	}
	slices.Sort(rules)
	x.Note("%s would be errors of lint (%s); each has a comment # buildsync:ignore RULE: live value, to be looked at", sanitize.Counted(len(r.Suppressed), "live value"), strings.Join(rules, ", "))
}

// Verified says how far definitions and live state agree.
func (x *Exporting) Verified(v *exporting.Verified) error {
	for _, d := range v.Differences {
		if x.Text {
			x.Printf("differs: %s in %s\n", sanitize.Line(d.Address, 300), sanitize.Line(strings.Join(d.Paths, ", "), 1000))
		}
	}
	return x.Say("%d of %d exact\n", v.Exact, v.Total)
}
