package screen

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Report writes what a run did: a line for each action that did not end
// well, with what to do about it, then the counts.
func Report(w io.Writer, report *apply.Report) error {
	var out strings.Builder
	for _, warning := range report.Warnings {
		fmt.Fprintf(&out, "warning: %s\n", sanitize.Line(warning, sanitize.MessageLimit))
	}
	if report.Halted != "" {
		fmt.Fprintf(&out, "stopped: %s\n", sanitize.Line(report.Halted, sanitize.MessageLimit))
	}
	for i := range report.Results {
		writeResult(&out, &report.Results[i])
	}
	if len(report.Results) > 0 { // otherwise the plan has said that all is in step
		fmt.Fprintf(&out, "Apply: %s.\n", countOutcomes(objectOutcomes(report)))
	}
	_, err := io.WriteString(w, kit.Fold(out.String(), kit.TerminalWidth(w)))
	return err
}

func endedWell(o apply.Outcome) bool {
	return o == apply.Applied || o == apply.Unchanged || o == apply.AlreadyAbsent
}

// needsWords reports whether the report says of an action how it ended.
func needsWords(r *apply.Result) bool { return !endedWell(r.Outcome) || r.Message != "" }

// writeResult writes one action, if it needs words.
func writeResult(out *strings.Builder, r *apply.Result) {
	good := endedWell(r.Outcome)
	if !needsWords(r) {
		if r.Build != nil { // the write has been said, and is not what is new
			fmt.Fprintf(out, "%s: %s\n", sanitize.Line(r.Address, 300), smokeText(r.Build))
		}
		return
	}
	fmt.Fprintf(out, "%s %s: %s", r.Action, sanitize.Line(r.Address, 300), r.Outcome)
	if r.Message != "" {
		fmt.Fprintf(out, ": %s", sanitize.Line(r.Message, sanitize.MessageLimit))
	}
	if r.Definition != nil {
		fmt.Fprintf(out, " (%s:%d)", sanitize.Line(r.Definition.File, 300), r.Definition.Line)
	}
	if r.Owner != "" {
		fmt.Fprintf(out, ", owner %s", sanitize.Line(r.Owner, 200))
	}
	out.WriteByte('\n')
	for _, path := range r.Paths {
		fmt.Fprintf(out, "    %s\n", sanitize.Line(path, 300))
	}
	if len(r.RequestIDs) > 0 && !good {
		fmt.Fprintf(out, "    request %s\n", sanitize.Line(strings.Join(r.RequestIDs, ", "), 300))
	}
	if r.Build != nil {
		fmt.Fprintf(out, "    %s\n", smokeText(r.Build))
	}
	if r.Next != "" {
		fmt.Fprintf(out, "    next: %s\n", sanitize.Line(string(r.Next), 500))
	}
}

// smokeText says how a smoke run ended, and why where it did not succeed.
func smokeText(b *apply.Build) string {
	text := "smoke build"
	if b.Number != "" {
		text += " " + sanitize.Line(b.Number, 60)
	}
	text += ": " + sanitize.Line(b.Result, 60)
	if b.Message != "" {
		text += ": " + sanitize.Line(b.Message, 500)
	}
	return text
}

// objectOutcomes counts objects by the worst that happened to each: a job and
// its notifications are one object.
func objectOutcomes(report *apply.Report) map[apply.Outcome]int {
	worst := map[string]apply.Outcome{}
	for i := range report.Results {
		r := &report.Results[i]
		address := strings.Replace(r.Address, "/"+string(diff.KindNotification)+"/", "/"+string(diff.KindJob)+"/", 1)
		if r.Action == diff.ActionDelete || r.Action == diff.ActionDisable {
			address += " " + r.ID // a removed job may have had a twin
		}
		if have, known := worst[address]; !known || slices.Index(byWeight, r.Outcome) > slices.Index(byWeight, have) {
			worst[address] = r.Outcome
		}
	}
	counts := map[apply.Outcome]int{}
	for _, outcome := range worst {
		counts[outcome]++
	}
	return counts
}

// byWeight orders the outcomes from what needs no look to what needs one most.
var byWeight = []apply.Outcome{
	apply.Unchanged, apply.AlreadyAbsent, apply.Applied, apply.AppliedConfirmed, apply.AppliedAfterAbsence,
	apply.Skipped, apply.Conflict, apply.Failed, apply.NotConverged, apply.Unknown,
}

// countOutcomes writes "3 applied, 1 failed".
func countOutcomes(counts map[apply.Outcome]int) string {
	var parts []sanitize.Count
	for _, outcome := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, sanitize.Count{N: counts[outcome], What: string(outcome)})
	}
	return sanitize.Counts(parts...)
}
