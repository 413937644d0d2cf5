package format

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// workspaceFile is the place of findings without one, in formats that require it.
const workspaceFile = "buildsync.yaml"

// gitHub writes ds as GitHub Actions workflow commands, which show as
// annotations on the changed lines of a pull request.
func gitHub(w io.Writer, ds spec.Diagnostics, opts Options) error {
	out := bufio.NewWriter(w)
	for i := range ds {
		d := &ds[i]
		level := map[spec.Severity]string{spec.Error: "error", spec.Warning: "warning"}[d.Severity]
		if level == "" {
			level = "notice"
		}
		fmt.Fprintf(out, "::%s ", level)
		if at := d.Range; at.Start.IsValid() {
			fmt.Fprintf(out, "file=%s,", commandProperty(opts.path(at.Start.File)))
			if at.Start.Line > 0 {
				fmt.Fprintf(out, "line=%d,", at.Start.Line)
			}
			if at.Start.Column > 0 {
				fmt.Fprintf(out, "col=%d,", at.Start.Column)
			}
			if at.End.Line > at.Start.Line {
				fmt.Fprintf(out, "endLine=%d,", at.End.Line)
			} else if at.End.Column > at.Start.Column {
				fmt.Fprintf(out, "endColumn=%d,", at.End.Column-1) // the last column, not the one after
			}
		}
		fmt.Fprintf(out, "title=%s::%s\n", commandProperty("buildsync "+ruleName(d)), commandData(withHint(d)+" ["+ruleName(d)+"]"))
	}
	return out.Flush()
}

// commandData escapes the text of a workflow command.
func commandData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// commandProperty escapes a property's value of a workflow command.
func commandProperty(s string) string {
	s = sanitize.Line(s, maxName)
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

type gitlabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path      string          `json:"path"`
	Positions gitlabPositions `json:"positions"`
}

type gitlabPositions struct {
	Begin jsonPos `json:"begin"`
	End   jsonPos `json:"end"`
}

// gitLab writes ds as a GitLab Code Quality report.
func gitLab(w io.Writer, ds spec.Diagnostics, opts Options) error {
	var marks fingerprints
	issues := make([]gitlabIssue, 0, len(ds))
	for i := range ds {
		d := &ds[i]
		issue := gitlabIssue{Description: plainWithHint(d), CheckName: ruleName(d), Fingerprint: marks.of(d), Severity: gitlabSeverity(d.Severity)}
		at := d.Range
		if !at.Start.IsValid() {
			at.Start.File = workspaceFile
		}
		issue.Location.Path = opts.path(at.Start.File)
		issue.Location.Positions.Begin = jsonPos{max(1, at.Start.Line), max(1, at.Start.Column)}
		issue.Location.Positions.End = jsonPos{max(1, at.Start.Line, at.End.Line), max(1, at.End.Column)}
		issues = append(issues, issue)
	}
	return writeJSON(w, issues)
}

func gitlabSeverity(s spec.Severity) string {
	switch s {
	case spec.Error:
		return "major"
	case spec.Warning:
		return "minor"
	}
	return "info"
}
