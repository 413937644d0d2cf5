package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/jobs"
)

type jobLogsOptions struct {
	followOptions
	step, out              string
	resume, follow, legacy bool
}

func (p *program) jobLogsCommand() *cli.Command {
	var o jobLogsOptions
	return p.command(&cli.Command{
		Name:      "logs",
		Usage:     "print or download the log of a build",
		ArgsUsage: "JOB [BUILD] | RECORD",
		Description: about(`Prints the log of a build (API reference 4.10) or of one of its steps (4.11). RECORD is the id of
a build record. With --follow it prints the log of a running build as it grows, and ends
with the build.

What looks like a secret is masked in what is printed. A FILE gets the log as the service has it and
can be read by its owner only; if a download breaks off, the FILE keeps its first part, and --resume
fetches the rest if the service allows it.

Exit codes: 0 done; 1 the log could not be read; 3 invalid input; 6 with --follow the build did not
succeed, or its result is not known; 130 interrupted.`,
			"buildsync job logs maven-package",
			"buildsync job logs --step 'Build with Maven' --level DEBUG maven-package 12",
			"buildsync job logs --out build.log --resume maven-package 12",
			"buildsync job logs --follow maven-package"),
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "step", Destination: &o.step, Usage: "only the log of the step `NAME`"},
			&cli.StringFlag{Name: "out", Destination: &o.out, Usage: "write to `FILE` instead, with progress on stderr"},
			&cli.BoolFlag{Name: "resume", Destination: &o.resume, Usage: "the FILE holds the beginning of this log: fetch the rest", DisableDefaultText: true},
			&cli.BoolFlag{Name: "follow", Destination: &o.follow, Usage: "print the log as it grows, until the build ends", DisableDefaultText: true},
			&cli.BoolFlag{Name: "legacy", Destination: &o.legacy, Usage: "ask the older route (deprecated: API reference 5.1, announced for removal)", DisableDefaultText: true},
			projectFlag(),
		}, o.flags()...),
	}, func(in *invocation) error { return in.jobLogs(&o) })
}

func (in *invocation) jobLogs(o *jobLogsOptions) error {
	level, err := o.logLevel()
	switch {
	case err != nil:
		return err
	case o.legacy && (o.step != "" || level != ""):
		return kit.UsageError{Text: "--legacy excludes --step and --level"}
	case o.resume && o.out == "":
		return kit.UsageError{Text: "--resume needs --out FILE with the beginning of the log"}
	case o.follow && (o.legacy || o.step != "" || o.out != ""):
		return kit.UsageError{Text: "--follow prints the whole log; leave out --legacy, --step and --out"}
	}
	if o.follow {
		return in.withService(1, 2, func(l *live) error { return l.followLog(o) })
	}
	return in.withService(1, 2, func(l *live) error {
		b, err := l.find.BuildRecord(l.ctx, l.args)
		if err != nil {
			return err
		}
		if o.out != "" {
			return l.saveLog(o, b, level)
		}
		lines := screen.NewLog(in.Stdout, "", in.knownSecrets())
		defer lines.Flush()
		return l.fetchLog(o, b, lines, client.LogOptions{Level: level})
	})
}

// fetchLog downloads the log that the flags ask for.
func (l *live) fetchLog(o *jobLogsOptions, b jobs.Build, to io.Writer, options client.LogOptions) error {
	var err error
	switch {
	case o.legacy:
		_, err = l.OldLog(l.ctx, b.Record, to, options)
	case o.step != "":
		_, err = l.StepLog(l.ctx, b.Record, o.step, to, options)
	default:
		_, err = l.FullLog(l.ctx, b.Record, to, options)
	}
	if err != nil && l.ctx.Err() != nil {
		return fmt.Errorf("downloading the log: %w", client.EndedBy(l.ctx, err))
	}
	return err
}

// followLog shows a build's log until the build ends. The build's result is the exit code.
func (l *live) followLog(o *jobLogsOptions) error {
	if jobs.IsRecord(l.args[0]) {
		return kit.UsageError{Text: "--follow needs the job and the number of the build, not the id of its record"}
	}
	b, err := l.find.Build(l.ctx, l.args)
	if err != nil {
		return err
	}
	f, err := l.follower(&o.followOptions, b, screen.NewLog(l.in.Stdout, "", l.in.knownSecrets()))
	if err != nil {
		return err
	}
	record, err := l.follow(f)
	if err != nil {
		return err
	}
	return jobs.CheckSuccess(b, record)
}

// saveLog downloads a log to a file. After an error the received part stays, for --resume.
func (l *live) saveLog(o *jobLogsOptions, b jobs.Build, level string) (err error) {
	name := o.out
	file, err := outfile.OpenDownload(name, o.resume)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var received client.Received
	if o.resume {
		if _, err := received.ReadFrom(file); err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
	}
	progress := screen.NewDownload(l.in.Invocation)
	err = l.fetchLog(o, b, file, client.LogOptions{Level: level, Progress: progress.Update, Received: &received})
	progress.Close()
	switch {
	case errors.Is(err, client.ErrChanged):
		return fmt.Errorf("%s is not the beginning of this log; leave out --resume to download it again: %w", name, err)
	case err != nil && received.Size() > 0:
		return fmt.Errorf("%w; the first %s are in %s, and --resume fetches the rest", err, screen.BytesShown(received.Size()), name)
	case err != nil:
		return err
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	l.sayWritten(file, name)
	return nil
}

func (l *live) sayWritten(file *os.File, name string) {
	if info, err := file.Stat(); err == nil && !l.in.global.quiet {
		l.in.Printf("%s: %s\n", name, screen.BytesShown(info.Size()))
	}
}
