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
	fmt.Fprintf(out, "%s, %s, %s.\n", Counted2(r.Policies, "policy", "policies"), sanitize.Counted(r.Jobs, "job"), sanitize.Counted(len(r.Findings), "finding"))
}

// Counted2 is counted for a noun with a plural of its own.
func Counted2(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}

func WritePolicyTests(out *screen.Paper, results []policy.Tested, untested []string, failed int) {
	for _, r := range results {
		if r.Passed {
			fmt.Fprintf(out, "ok    %s\n", screen.Shown(r.File, 300))
			continue
		}
		fmt.Fprintf(out, "FAIL  %s: %s\n", screen.Shown(r.File, 300), screen.Shown(r.Reason, 500))
	}
	for _, name := range untested {
		fmt.Fprintf(out, "none  %s has no fixtures\n", screen.Shown(name, 100))
	}
	fmt.Fprintf(out, "%s, %d failed.\n", sanitize.Counted(len(results), "test"), failed)
}
