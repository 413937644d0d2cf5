package pages

import (
	"fmt"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

func WritePolicyReport(out *screen.Paper, r *policy.Report) {
	last := ""
	for _, f := range r.Findings {
		if f.Policy != last {
			if last != "" {
				out.WriteString("\n")
			}
			last = f.Policy
			fmt.Fprintf(out, "%s (%s)\n", screen.Shown(f.Policy, screen.MaxCell), f.Severity)
			if f.Hint != "" && !f.IsOwn() {
				fmt.Fprintf(out, "  %s\n", screen.Shown(f.Hint, 500))
			}
		}
		place := ""
		if f.File != "" {
			place = screen.Shown(fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column), 300)
		}
		subject := ""
		if f.Job != "" {
			subject = screen.Shown(f.Job, 300)
			if f.Owner != "" {
				subject += " (owner " + screen.Shown(f.Owner, screen.MaxCell) + ")"
			}
			subject += ": "
		}
		if f.Path != "" && f.Line == 0 {
			subject += screen.Shown(f.Path, 300) + ": "
		}
		fmt.Fprintf(out, "  %s%s%s\n", place, subject, screen.Shown(f.Message, 500))
		if f.Hint != "" && f.IsOwn() {
			fmt.Fprintf(out, "    %s\n", screen.Shown(f.Hint, 500))
		}
	}
	if len(r.Findings) > 0 {
		out.WriteString("\n")
	}
	fmt.Fprintf(out, "%s, %s, %s.\n", sanitize.Counted(r.Policies, "policy"), sanitize.Counted(r.Jobs, "job"), sanitize.Counted(len(r.Findings), "finding"))
}

// PolicyTestsDocument is policy test as JSON.
type PolicyTestsDocument struct {
	FormatVersion string          `json:"format_version"`
	Failed        int             `json:"failed"`
	Tests         []policy.Tested `json:"tests"`
	Untested      []string        `json:"untested"`
}

// PolicyTestsOf returns the document of a run of fixtures.
func PolicyTestsOf(results []policy.Tested, untested []string) PolicyTestsDocument {
	d := PolicyTestsDocument{FormatVersion: "1.0", Tests: append([]policy.Tested{}, results...), Untested: append([]string{}, untested...)}
	for _, r := range results {
		if !r.Passed {
			d.Failed++
		}
	}
	return d
}

// Text writes one line for each fixture, and the sums.
func (d PolicyTestsDocument) Text(out *screen.Paper) {
	for _, r := range d.Tests {
		if r.Passed {
			fmt.Fprintf(out, "ok    %s\n", screen.Shown(r.File, 300))
			continue
		}
		fmt.Fprintf(out, "FAIL  %s: %s\n", screen.Shown(r.File, 300), screen.Shown(r.Reason, 500))
	}
	for _, name := range d.Untested {
		fmt.Fprintf(out, "none  %s has no fixtures\n", screen.Shown(name, 100))
	}
	fmt.Fprintf(out, "%s, %d failed.\n", sanitize.Counted(len(d.Tests), "test"), d.Failed)
}

// PolicyDocument is explain of a policy as JSON.
type PolicyDocument struct {
	FormatVersion string `json:"format_version"`
	Help          string `json:"help"`
	Place         string `json:"place"`
	Policy        string `json:"policy"`
	Severity      string `json:"severity"`
}

// PolicyOf returns the document of a policy; file is the shown name of its file.
func PolicyOf(p *policy.Policy, file string) PolicyDocument {
	return PolicyDocument{
		FormatVersion: "1.0", Policy: p.Name, Severity: p.Severity.String(), Help: p.Help,
		Place: fmt.Sprintf("%s:%d:%d", file, p.At.Start.Line, p.At.Start.Column),
	}
}

// Text writes the purpose of the policy and its place.
func (d PolicyDocument) Text(out *screen.Paper) {
	fmt.Fprintf(out, "%s%s: a policy of the organisation\n\nSeverity: %s\nWritten at: %s\n", policy.RulePrefix, d.Policy, d.Severity, screen.Shown(d.Place, 300))
	if d.Help != "" {
		fmt.Fprintf(out, "\n%s\n", screen.Shown(d.Help, 1000))
	}
	out.WriteString("\nIt cannot be suppressed in a definition: only except in that file lets a job pass. See docs/policies.md.\n")
}
