package policy

import (
	"cmp"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Row is a finding in the output of policy check.
type Row struct {
	Policy   string `json:"policy"`
	Severity string `json:"severity"`
	Job      string `json:"job,omitempty"` // its address
	Owner    string `json:"owner,omitempty"`
	Managed  bool   `json:"managed"` // a definition declares the job
	Path     string `json:"path,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
}

// IsOwn reports whether r is about a policy itself and not about a job.
func (r *Row) IsOwn() bool { return r.Policy == fileRule || r.Policy == exceptionRule }

// Report is the output of policy check.
type Report struct {
	FormatVersion string `json:"format_version"`
	Policies      int    `json:"policies"`
	Jobs          int    `json:"jobs"`     // that were judged
	Unread        int    `json:"unread"`   // live jobs that could not be
	Findings      []Row  `json:"findings"` // by policy, then by job
}

// NewReport begins a report.
func (s *Set) NewReport() *Report {
	return &Report{FormatVersion: "1.0", Policies: len(s.Policies), Findings: []Row{}}
}

// Add adds the breaches of one job. places may be nil for a live job.
func (r *Report) Add(job *Subject, breaches []Breach, places *Places) {
	r.Jobs++
	for _, b := range breaches {
		row := Row{
			Policy: b.Policy.Name, Severity: b.Policy.Severity.String(), Job: b.Job.Address, Owner: b.Job.Owner, Managed: job.Job != nil || job.definition != nil,
			Path: b.Path, Message: b.Message, Hint: hintOf(b),
		}
		if places != nil {
			row.at(places.Finding(b).Range.Start)
		}
		r.Findings = append(r.Findings, row)
	}
}

// AddOwn adds the findings about the policies themselves.
func (r *Report) AddOwn(found spec.Diagnostics) {
	for _, d := range found {
		row := Row{Policy: d.Rule, Severity: d.Severity.String(), Message: d.Message, Hint: d.Hint}
		row.at(d.Range.Start)
		r.Findings = append(r.Findings, row)
	}
}

func (r *Row) at(pos spec.Pos) { r.File, r.Line, r.Column = pos.File, pos.Line, pos.Column }

// Sort orders the findings by policy, then by job and path.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Findings, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Job, b.Job), cmp.Compare(a.Path, b.Path))
	})
}

// Worst returns the severity of the worst finding, 0 if there is none.
func (r *Report) Worst() (worst spec.Severity) {
	for _, row := range r.Findings {
		severity, _ := spec.ParseSeverity(row.Severity)
		worst = max(worst, severity)
	}
	return worst
}
