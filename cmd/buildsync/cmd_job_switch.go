package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/jobs"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// jobWrite is a write that accepts several jobs.
type jobWrite struct {
	done string // what has become of the job: "disabled"
	send func(l *live, ctx context.Context, id string) error
	// question is asked before the first write; nil if nothing is lost.
	question func(refs []jobs.Ref) string
	agreed   bool // the question is answered already
}

func (p *program) jobEnableCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "enable",
		Usage:     "turn disabled jobs on again",
		ArgsUsage: "JOB…",
		Description: about(`Lets disabled jobs run again (API reference 4.17, which calls it restoring; it does not restore a
deleted job). At the next apply the job's definition wins.

Exit codes: 0 done; 1 nothing was done; 3 invalid input; 6 done in part, or not known.`,
			"buildsync job enable maven-package"),
		Flags: objectFlags(),
	}, func(in *invocation) error {
		return in.writeJobs(jobWrite{done: "enabled", send: func(l *live, ctx context.Context, id string) error { return l.EnableJob(ctx, id) }})
	})
}

func (p *program) jobDisableCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "disable",
		Usage:     "turn jobs off, so that they do not run",
		ArgsUsage: "JOB…",
		Description: about(`Keeps jobs from running until they are enabled (API reference 4.16). At the next apply the job's
definition wins.

Exit codes: 0 done; 1 nothing was done; 3 invalid input; 6 done in part, or not known.`,
			"buildsync job disable maven-package order-service"),
		Flags: objectFlags(),
	}, func(in *invocation) error {
		return in.writeJobs(jobWrite{done: "disabled", send: func(l *live, ctx context.Context, id string) error { return l.DisableJob(ctx, id) }})
	})
}

func (p *program) jobDeleteCommand() *cli.Command {
	var yes bool
	return p.command(&cli.Command{
		Name:      "delete",
		Usage:     "put jobs into the recycle bin",
		ArgsUsage: "JOB…",
		Description: about(`Deletes live jobs (API reference 4.15). They go to the recycle bin. The console can restore them
from there for some days; until then their builds and logs cannot be read. It asks first; without a
terminal it needs --yes. If a definition declares the job, the next apply creates it again: remove
it from the definitions too.

Exit codes: 0 done; 1 nothing was done; 3 invalid input; 6 done in part, or not known.`,
			"buildsync job delete maven-package",
			"buildsync job delete --yes 48c66c6002964721be537cdc6ce0297b"),
		Flags: objectFlags(yesFlag(&yes)),
	}, func(in *invocation) error {
		return in.writeJobs(jobWrite{
			done:     "deleted",
			send:     func(l *live, ctx context.Context, id string) error { return l.DeleteJob(ctx, id) },
			question: pages.DeleteQuestion, agreed: yes,
		})
	})
}

// writeJobs finds all jobs before it writes to the first.
func (in *invocation) writeJobs(w jobWrite) error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	return in.withService(1, -1, func(l *live) error {
		refs, err := l.find.Jobs(l.ctx, l.args, w.question != nil)
		if err != nil {
			return err
		}
		if w.question != nil {
			if err := l.agree(w.agreed, w.question(refs)); err != nil {
				return err
			}
		}
		doc, failed := l.writeEach(refs, w)
		if err := in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text}); err != nil {
			return err
		}
		return failed
	})
}

// writeEach writes the jobs one by one. It continues after a refused one; an error that concerns
// all jobs ends the run.
func (l *live) writeEach(refs []jobs.Ref, w jobWrite) (pages.JobsDocument, error) {
	var doc pages.JobsDocument
	var failures []error
	written, stopped := 0, false
	for _, job := range refs {
		outcome := pages.JobOutcome{JobID: job.ID, JobName: job.Name, Outcome: "not reached"}
		if !stopped {
			err := l.write(func(ctx context.Context) error { return w.send(l, ctx, job.ID) })
			outcome.Outcome, outcome.Message = outcomeWords(err, w.done)
			if err == nil {
				written++
			} else {
				failures = append(failures, err)
			}
			stopped = err != nil && (client.EndsRun(err) || l.ctx.Err() != nil)
		}
		doc.Jobs = append(doc.Jobs, outcome)
	}
	err := errors.Join(failures...)
	if err != nil && written > 0 && exitCode(l.ctx, err) == exitFailed {
		err = &failure{exitPartial, err}
	}
	return doc, err
}

// outcomeWords returns the results of a write in a document.
func outcomeWords(err error, done string) (outcome, message string) {
	switch {
	case err == nil:
		return done, ""
	case errors.As(err, new(kit.Interrupted)):
		return "not reached", ""
	case client.OutcomeOf(err) == client.Unsure:
		return "unknown", sanitize.Line(err.Error(), sanitize.MessageLimit)
	}
	return "failed", sanitize.Line(err.Error(), sanitize.MessageLimit)
}
