package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client/wire"
)

func (p *program) jobRecordCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "record",
		Usage:     "print what is known about a build",
		ArgsUsage: "JOB [BUILD]",
		Description: about(`Prints the record of a build (API reference 4.12), with --details its steps and the parameters
it ran with too (4.8; the service masks sensitive ones).

Exit codes: 0 done, whatever became of the build; 1 the record could not be read;
3 invalid input.`,
			"buildsync job record maven-package",
			"buildsync job record --details maven-package 12"),
		Flags: objectFlags(
			&cli.BoolFlag{Name: "details", Usage: "steps and parameters as well", DisableDefaultText: true},
			&cli.BoolFlag{Name: "legacy", Usage: "ask the older route (deprecated: API reference 5.3, announced for removal)", DisableDefaultText: true},
		),
	}, (*invocation).jobRecord)
}

// recordDocument is job record as JSON.
type recordDocument struct {
	Record  wire.Record          `json:"record"`
	Details *wire.HistoryDetails `json:"details,omitempty"`
}

func (in *invocation) jobRecord() error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	return in.withService(1, 2, func(l *live) error {
		b, err := l.build()
		if err != nil {
			return err
		}
		read := l.Record
		if in.On("legacy") {
			read = l.OldRecord
		}
		var doc recordDocument
		if doc.Record, err = read(l.ctx, b.job.ID, b.number); err != nil {
			return err
		}
		if in.On("details") {
			details, err := l.HistoryDetails(l.ctx, b.job.ID, b.number)
			if err != nil {
				return err
			}
			doc.Details = &details
		}
		return in.print(outputs, nil, reply{doc: doc, text: func(out *screen.Paper) {
			writeRecord(out, b, doc.Record)
			writeDetails(out, doc.Details)
		}})
	})
}

func writeRecord(out *screen.Paper, b buildRef, r wire.Record) {
	var s screen.Sheet
	s.Add("Job", b.job.String())
	s.Add("Build", string(r.BuildNo))
	s.Add("Of the day", r.DailyBuildNumber)
	s.Add("Status", r.Status)
	s.Add("Message", r.ErrMsg)
	s.Add("Record", recordOf(r))
	s.Add("Trigger", r.TriggerType)
	s.Add("Repository", r.RepoName)
	s.Add("Branch", r.Branch)
	s.Add("Tag", r.Tag)
	s.Add("Commit", r.Commit)
	s.Add("Commit message", r.CommitMessage)
	s.Add("Created", out.Time(r.CreateTime))
	s.Add("Started", out.Time(r.StartTime))
	s.Add("Finished", out.Time(r.FinishTime))
	s.Add("Took", shownDuration(string(r.Duration)))
	s.WriteTo(out)
}

func writeDetails(out *screen.Paper, d *wire.HistoryDetails) {
	if d == nil {
		return
	}
	if len(d.BuildSteps) > 0 {
		out.WriteString("\nSteps:\n")
		t := screen.NewTable("NAME", "STATUS", "TOOK")
		for _, step := range d.BuildSteps {
			t.Add(step.Name, step.Status, shownDuration(string(step.BuildTime)))
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

func (p *program) jobArtifactsCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "artifacts",
		Usage:     "list what a build produced",
		ArgsUsage: "JOB [BUILD]",
		Description: about(`Lists the packages and images that a build uploaded (API reference 4.13).

Exit codes: 0 done; 1 the list could not be read; 3 invalid input.`,
			"buildsync job artifacts maven-package",
			"buildsync job artifacts --format json maven-package 12"),
		Flags: objectFlags(),
	}, (*invocation).jobArtifacts)
}

func (in *invocation) jobArtifacts() error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	return in.withService(1, 2, func(l *live) error {
		b, err := l.build()
		if err != nil {
			return err
		}
		info, err := l.OutputInfo(l.ctx, b.job.ID, b.number)
		if err != nil {
			return err
		}
		return in.print(outputs, nil, reply{doc: info, text: func(out *screen.Paper) {
			writeArtifacts(out, b, info)
		}})
	})
}

func writeArtifacts(out *screen.Paper, b buildRef, info wire.OutputInfo) {
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
		fmt.Fprintf(out, "%s produced nothing.\n", screen.Shown(capitalised(b.String()), 0))
		return
	}
	t.WriteTo(out)
}

// capitalised begins a sentence; a name at its start stays as it is.
func capitalised(s string) string {
	if rest, ok := strings.CutPrefix(s, "build "); ok {
		return "Build " + rest
	}
	return s
}

func (p *program) jobGraphCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "graph",
		Usage:     "print how the parts of a build depend on each other",
		ArgsUsage: "JOB [BUILD] | RECORD",
		Description: about(`Prints the flow graph of a build (API reference 5.2, deprecated: announced for removal). RECORD
is the id of a build record, which history and record print.

Exit codes: 0 done; 1 the graph could not be read; 3 invalid input.`,
			"buildsync job graph maven-package 12",
			"buildsync job graph --format json 9d6169b9-022d-458c-9dc8-48cc94cc4083"),
		Flags: objectFlags(),
	}, (*invocation).jobGraph)
}

func (in *invocation) jobGraph() error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	return in.withService(1, 2, func(l *live) error {
		b, err := l.buildRecord()
		if err != nil {
			return err
		}
		graph, err := l.FlowGraph(l.ctx, b.record)
		if err != nil {
			return err
		}
		return in.print(outputs, nil, reply{doc: graph, text: func(out *screen.Paper) { writeGraph(out, graph) }})
	})
}

func writeGraph(out *screen.Paper, graph wire.FlowGraph) {
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
		t.Add(v.DisplayName, v.BuildNo, v.Status, shownDuration(string(v.BuildDuration)), out.Time(v.StartTime), out.Time(v.FinishTime), strings.Join(after[v.ID], ", "))
	}
	t.WriteTo(out)
}
