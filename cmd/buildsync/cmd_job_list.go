package main

import (
	"errors"
	"fmt"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client/wire"
)

func (p *program) jobListCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "list",
		Usage:     "list the jobs of a project",
		ArgsUsage: "[GLOB…]",
		Description: about(`Lists the live jobs of a project (API reference 4.5), all or those whose name matches a GLOB.
A list that does not hold what the service counts is printed all the same, and is an error.

Exit codes: 0 done; 1 the list could not be read, or is incomplete; 3 invalid input.`,
			"buildsync job list",
			"buildsync job list --project shop 'order-*'",
			"buildsync job list --format json"),
		Flags: objectFlags(),
	}, (*invocation).jobList)
}

// jobListDocument is job list as JSON.
type jobListDocument struct {
	ProjectID string         `json:"project_id"`
	Jobs      []wire.JobItem `json:"jobs"`
	Total     int            `json:"total"` // as the service counts all jobs; -1 if it does not say
	Complete  bool           `json:"complete"`
	Problem   string         `json:"problem,omitempty"`
}

func (in *invocation) jobList() error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	globs := in.Flags.Args().Slice()
	for _, glob := range globs {
		if !doublestar.ValidatePattern(glob) {
			return kit.UsageError{Text: fmt.Sprintf("%q is not a valid pattern; write one such as 'order-*'", glob)}
		}
	}
	return in.withService(0, -1, func(l *live) error {
		project, err := l.project()
		if err != nil {
			return err
		}
		list, err := l.list(project)
		if err != nil {
			return err
		}
		doc := jobListDocument{project.ID, matchingJobs(list.Jobs, globs), list.Total, list.Complete, list.Problem}
		return errors.Join(in.print(outputs, nil, reply{doc: doc, text: doc.text}), doc.verdict())
	})
}

// verdict is an error for a list that proves no absence.
func (d jobListDocument) verdict() error {
	if d.Complete {
		return nil
	}
	return errors.New("the list is incomplete: " + d.Problem)
}

// matchingJobs are those whose name matches a glob; all of them without globs.
func matchingJobs(jobs []wire.JobItem, globs []string) []wire.JobItem {
	matching := []wire.JobItem{}
	for _, job := range jobs {
		matches := len(globs) == 0
		for _, glob := range globs {
			matches = matches || doublestar.MatchUnvalidated(glob, job.JobName)
		}
		if matches {
			matching = append(matching, job)
		}
	}
	return matching
}

func (d jobListDocument) text(out *screen.Paper) {
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
