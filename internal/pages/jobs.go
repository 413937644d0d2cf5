package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jobs"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// RecordDocument is job record as JSON.
type RecordDocument struct {
	Record  wire.Record          `json:"record"`
	Details *wire.HistoryDetails `json:"details,omitempty"`
}

func WriteRecord(out *screen.Paper, b jobs.Build, r wire.Record) {
	var s screen.Sheet
	s.Add("Job", b.Job.String())
	s.Add("Build", string(r.BuildNo))
	s.Add("Of the day", r.DailyBuildNumber)
	s.Add("Status", r.Status)
	s.Add("Message", r.ErrMsg)
	s.Add("Record", jobs.RecordOf(r))
	s.Add("Trigger", r.TriggerType)
	s.Add("Repository", r.RepoName)
	s.Add("Branch", r.Branch)
	s.Add("Tag", r.Tag)
	s.Add("Commit", r.Commit)
	s.Add("Commit message", r.CommitMessage)
	s.Add("Created", out.Time(r.CreateTime))
	s.Add("Started", out.Time(r.StartTime))
	s.Add("Finished", out.Time(r.FinishTime))
	s.Add("Took", ShownDuration(string(r.Duration)))
	s.WriteTo(out)
}

func WriteDetails(out *screen.Paper, d *wire.HistoryDetails) {
	if d == nil {
		return
	}
	if len(d.BuildSteps) > 0 {
		out.WriteString("\nSteps:\n")
		t := screen.NewTable("NAME", "STATUS", "TOOK")
		for _, step := range d.BuildSteps {
			t.Add(step.Name, step.Status, ShownDuration(string(step.BuildTime)))
		}
		t.WriteTo(out)
	}
	if len(d.Parameters) > 0 {
		out.WriteString("\nParameters:\n")
		t := screen.NewTable("NAME", "VALUE")
		for _, name := range slices.Sorted(maps.Keys(d.Parameters)) {
			t.Add(name, screen.HideSecret(name, d.Parameters[name]))
		}
		t.WriteTo(out)
	}
}

func WriteArtifacts(out *screen.Paper, b jobs.Build, info wire.OutputInfo) {
	t := screen.NewTable("KIND", "STEP", "NAME", "VERSION", "TYPE", "URI")
	add := func(kind, step string, o wire.Output) { t.Add(kind, step, o.Name, o.Version, o.PackageType, o.URI) }
	for _, step := range slices.Sorted(maps.Keys(info.PackageInfos)) {
		add("package", step, info.PackageInfos[step])
	}
	if len(info.PackageInfos) == 0 && info.PackageInfo != nil {
		add("package", "", *info.PackageInfo)
	}
	for _, step := range slices.Sorted(maps.Keys(info.ImageInfos)) {
		add("image", step, info.ImageInfos[step])
	}
	if len(t.Rows) == 0 {
		fmt.Fprintf(out, "%s produced nothing.\n", screen.Shown(Capitalised(b.String()), 0))
		return
	}
	t.WriteTo(out)
}

func WriteGraph(out *screen.Paper, graph wire.FlowGraph) {
	if len(graph.Vertices) == 0 {
		out.WriteString("No parts.\n")
		return
	}
	names := map[string]string{}
	for _, v := range graph.Vertices {
		names[v.ID] = v.DisplayName
	}
	after := map[string][]string{}
	for _, e := range graph.Edges {
		name := names[e.To]
		if name == "" {
			name = e.To
		}
		after[e.From] = append(after[e.From], name)
	}
	t := screen.NewTable("PART", "BUILD", "STATUS", "TOOK", "STARTED", "FINISHED", "DEPENDS ON")
	for _, v := range graph.Vertices {
		t.Add(v.DisplayName, v.BuildNo, v.Status, ShownDuration(string(v.BuildDuration)), out.Time(v.StartTime), out.Time(v.FinishTime), strings.Join(after[v.ID], ", "))
	}
	t.WriteTo(out)
}

// Capitalised capitalises a sentence unless it begins with a name.
func Capitalised(s string) string {
	if rest, ok := strings.CutPrefix(s, "build "); ok {
		return "Build " + rest
	}
	return s
}

// HistoryDocument is job history as JSON.
type HistoryDocument struct {
	JobID  string               `json:"job_id,omitempty"`
	Builds []wire.HistoryRecord `json:"builds"`
}

func (d HistoryDocument) Text(out *screen.Paper) {
	if len(d.Builds) == 0 {
		out.WriteString("No builds.\n")
		return
	}
	t := screen.NewTable("BUILD", "JOB", "RESULT", "STARTED", "TOOK", "ENDED", "BRANCH", "COMMIT", "BY", "TRIGGER", "RECORD", "MESSAGE")
	for _, b := range d.Builds {
		t.Add(string(b.BuildNumber), b.JobName, b.Result, out.Time(b.StartTime), screen.Took(b.StartTime, b.EndTime), out.Time(b.EndTime), b.Branch,
			fmt.Sprintf("%.12s", b.CommitID), b.Executor, b.TriggerType, b.RecordID, b.CommitMessage)
	}
	t.WriteTo(out)
}

// JobListDocument is job list as JSON.
type JobListDocument struct {
	ProjectID string         `json:"project_id"`
	Jobs      []wire.JobItem `json:"jobs"`
	Total     int            `json:"total"` // as the service counts all jobs; -1 if it does not say
	Complete  bool           `json:"complete"`
	Problem   string         `json:"problem,omitempty"`
}

// Verdict returns an error for a list that proves no absence.
func (d JobListDocument) Verdict() error {
	if d.Complete {
		return nil
	}
	return errors.New("the list is incomplete: " + d.Problem)
}

func (d JobListDocument) Text(out *screen.Paper) {
	if len(d.Jobs) == 0 {
		out.WriteString("No jobs.\n")
		return
	}
	t := screen.NewTable("NAME", "ID", "STATE", "LAST BUILD", "BUILT AT", "HEALTH", "CREATOR")
	for _, job := range d.Jobs {
		state := "enabled"
		if job.Disabled {
			state = "disabled"
		}
		health := ""
		if job.HealthScore != "" && job.LastBuildStatus != "none" {
			health = string(job.HealthScore) + " %"
		}
		t.Add(job.JobName, job.ID, state, lastBuildWord(job.LastBuildStatus), out.Time(string(job.LastBuildTime)), health, job.UserName)
	}
	t.WriteTo(out)
}

// lastBuildWord says what the listing's colours mean; another word stays.
func lastBuildWord(status string) string {
	switch status {
	case "blue":
		return "succeeded"
	case "red":
		return "failed"
	case "none":
		return "never built"
	}
	return status
}

// StatusDocument is job status as JSON.
type StatusDocument struct {
	JobID   string `json:"job_id"`
	JobName string `json:"job_name,omitempty"`
	Running bool   `json:"running"`
}

// RatioDocument is job ratio as JSON.
type RatioDocument struct {
	JobID string `json:"job_id"`
	From  string `json:"start_time"`
	To    string `json:"end_time"`
	wire.SuccessRatio
}

// Percent shows a fraction of 1.
func Percent(fraction json.Number) string {
	f, err := strconv.ParseFloat(string(fraction), 64)
	if err != nil {
		return "no ratio"
	}
	return strconv.FormatFloat(100*f, 'f', 0, 64) + " %"
}

// WriteJobBody writes a body that holds no secret.
func WriteJobBody(out *screen.Paper, job jobs.Ref, body *jsontree.Value, modules *catalog.Catalogue) {
	var s screen.Sheet
	s.Add("Job", body.Str(wire.KeyJobName))
	s.Add("Id", job.ID)
	s.Add("Project", body.Str(wire.KeyProjectID))
	if job.Item != nil && job.Item.Disabled {
		s.Add("State", "disabled")
	}
	for _, row := range []struct{ name, key string }{
		{"Architecture", wire.KeyArch}, {"Flavor", wire.KeyFlavor}, {"Host type", wire.KeyHostType},
		{"Built from", wire.KeyBuildConfigType}, {"Submodules", wire.KeyAutoUpdateSubModule}, {"Description", wire.KeyDescription},
	} {
		s.Add(row.name, body.Str(row.key))
	}
	for _, scm := range body.Get(wire.KeySCMs).Items() {
		s.Add("Code", fmt.Sprintf("%s, branch %s (%s)", scm.Str(wire.KeyURL), scm.Str(wire.KeyBranch), scm.Str(wire.KeySCMType)))
	}
	s.WriteTo(out)
	writeParameters(out, body.Get(wire.KeyParameters).Items())
	writeSteps(out, body.Get(wire.KeySteps).Items(), modules)
}

func writeParameters(out *screen.Paper, parameters []*jsontree.Value) {
	if len(parameters) == 0 {
		return
	}
	out.WriteString("\nParameters:\n")
	t := screen.NewTable("NAME", "TYPE", "DEFAULT", "DESCRIPTION")
	for _, parameter := range parameters {
		t.Add(jobs.ParameterField(parameter, wire.ParamName), jobs.ParameterField(parameter, wire.ParamType),
			jobs.ParameterField(parameter, wire.ParamDefaultValue), jobs.ParameterField(parameter, wire.ParamDescription))
	}
	t.WriteTo(out)
}

func writeSteps(out *screen.Paper, steps []*jsontree.Value, modules *catalog.Catalogue) {
	if len(steps) == 0 {
		return
	}
	out.WriteString("\nSteps:\n")
	t := screen.NewTable("NO", "NAME", "MODULE", "STATE")
	for i, step := range steps {
		id := wire.ModuleOf(step)
		what := id
		if word := modules.Module(id).Word(); word != "" {
			what = word + " (" + id + ")"
		}
		state := ""
		if enabled, given := wire.Member(step, wire.KeyEnable).AsBool(); given && !enabled {
			state = "disabled"
		}
		t.Add(fmt.Sprint(i+1), wire.Member(step, wire.KeyName).Text(), what, state)
	}
	t.WriteTo(out)
}

// NoticesDocument is notice show as JSON.
type NoticesDocument struct {
	JobID   string        `json:"job_id"`
	JobName string        `json:"job_name,omitempty"`
	Notices []wire.Notice `json:"notices"`
}

func (d NoticesDocument) Text(out *screen.Paper) {
	if len(d.Notices) == 0 {
		out.WriteString("No notifications.\n")
		return
	}
	t := screen.NewTable("TYPE", "SENT ON", "NOT ON", "SETTINGS")
	for _, notice := range d.Notices {
		on, off := []string{}, []string{}
		for _, event := range slices.Sorted(maps.Keys(notice.EnableMap)) {
			if notice.EnableMap[event] {
				on = append(on, event)
			} else {
				off = append(off, event)
			}
		}
		settings := ""
		if notice.ParamConfig != nil && *notice.ParamConfig != "" {
			settings = screen.Sensitive
		}
		sent := strings.Join(on, ", ")
		if sent == "" {
			sent = "nothing"
		}
		t.Add(notice.NoticeType, sent, strings.Join(off, ", "), settings)
	}
	t.WriteTo(out)
}

// NoticeOutcome is notice disable as JSON.
type NoticeOutcome struct {
	JobID      string `json:"job_id"`
	JobName    string `json:"job_name,omitempty"`
	NoticeType string `json:"notice_type"`
	Outcome    string `json:"outcome"` // disabled
}

// JobsDocument is job enable, disable and delete as JSON.
type JobsDocument struct {
	Jobs []JobOutcome `json:"jobs"`
}

func (d JobsDocument) Text(out *screen.Paper) {
	for _, job := range d.Jobs {
		name := job.JobName
		if name == "" {
			name = job.JobID
		}
		fmt.Fprintf(out, "%s: %s\n", screen.Shown(name, 0), job.Outcome)
	}
}

// JobOutcome is the result for one job.
type JobOutcome struct {
	JobID   string `json:"job_id"`
	JobName string `json:"job_name,omitempty"`
	Outcome string `json:"outcome"` // enabled, disabled or deleted; failed, unknown, not reached
	Message string `json:"message,omitempty"`
}

func DeleteQuestion(refs []jobs.Ref) string {
	var out screen.Paper
	out.WriteString("These jobs go to the recycle bin:\n")
	for _, job := range refs {
		fmt.Fprintf(&out, "  %s (%s)\n", screen.Shown(job.Name, 0), job.ID)
	}
	out.WriteString("Delete them?")
	return out.String()
}

// ShownDuration returns a number of milliseconds for people.
func ShownDuration(ms string) string {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil || n < 0 {
		return ""
	}
	return sanitize.Lasted(time.Duration(n) * time.Millisecond)
}
