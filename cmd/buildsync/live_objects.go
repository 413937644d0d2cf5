package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/jobs"
	"github.com/buildsync/buildsync/pkg/spec"
)

// live is what the commands about live objects work with: the service, and the
// part of buildsync.yaml that names projects. They need no workspace where the
// flags and ids say everything.
type live struct {
	*service
	in   *invocation
	ctx  context.Context // ends with --timeout and with the first interrupt
	args []string
	find jobs.Finder
}

// withService connects and calls act. least and most are how many arguments the
// command takes; most is -1 where there is no limit.
func (in *invocation) withService(least, most int, act func(*live) error) (err error) {
	args := in.Flags.Args().Slice()
	if most >= 0 {
		if args, err = in.Args(most); err != nil {
			return err
		}
	}
	if len(args) < least {
		return kit.UsageError{Text: fmt.Sprintf("%s needs %s", in.Flags.Command.HelpName, in.Flags.Command.ArgsUsage)}
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	l := &live{in: in, ctx: ctx, args: args}
	dir, err := l.readWorkspace()
	if err != nil {
		return err
	}
	region := ""
	if l.find.Workspace != nil {
		region = l.find.Workspace.Region
	}
	if l.service, err = in.connect(dir, region, 0); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	l.find.API, l.find.Selected = l.service, in.global.project
	return act(l)
}

// withReply is withService for a command that prints one reply, as text or JSON.
func (in *invocation) withReply(least, most int, ask func(*live) (screen.Reply, error)) error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	return in.withService(least, most, func(l *live) error {
		reply, err := ask(l)
		if err != nil {
			return err
		}
		return in.print(outputs, nil, reply)
	})
}

// readWorkspace reads buildsync.yaml where there is one. The definitions do not
// matter here, so their errors do not either.
func (l *live) readWorkspace() (dir string, err error) {
	in := l.in
	dir, err = in.findWorkspace()
	switch {
	case err != nil && (in.global.dir != "" || in.global.env != ""):
		return "", err
	case err != nil:
		return "", nil
	}
	w, err := in.openFolder(dir)
	if err != nil {
		return "", err
	}
	workspace, diagnostics := spec.LoadWorkspace(w.Tree, spec.Options{Environment: in.global.env})
	if err := in.unknownEnvironment(diagnostics); err != nil {
		return "", err
	}
	if diagnostics.HasErrors() {
		return "", errors.Join(in.reportAt(diagnostics, w.Tree), said(exitInvalid))
	}
	l.find.Workspace = workspace
	return dir, nil
}

// lastWrite bounds a write that an interrupt finds under way.
const lastWrite = 2 * time.Minute

// write sends one write. An interrupt before it prevents it; during it the answer
// is waited for, so that it is known what happened. A write whose end is not
// known makes the exit code 6.
func (l *live) write(send func(context.Context) error) error {
	if l.ctx.Err() != nil {
		return context.Cause(l.ctx)
	}
	l.in.Stops.Wrote.Store(true)
	l.in.Stops.Writing.Store(true)
	defer l.in.Stops.Writing.Store(false)
	ctx, cancel := context.WithTimeout(l.in.Stops.Hard, lastWrite)
	defer cancel()
	err := send(ctx)
	if err != nil && client.OutcomeOf(err) == client.Unsure {
		return &failure{exitPartial, err}
	}
	return err
}

// yesFlag returns the flag that answers the question of agree.
func yesFlag(yes *bool) cli.Flag {
	return &cli.BoolFlag{Name: "yes", Destination: yes, Usage: "do not ask", DisableDefaultText: true}
}

// agree asks before something is lost, unless yes answers. Without a terminal yes must be set.
func (l *live) agree(yes bool, question string) error {
	if yes {
		return nil
	}
	if !kit.IsTerminal(l.in.Stdin) {
		return kit.UsageError{Text: "there is no terminal to ask on: add --yes"}
	}
	agreed, err := l.in.Confirm(l.ctx, question)
	if err == nil && !agreed {
		err = &failure{exitFailed, errors.New("nothing was written")}
	}
	return err
}

// wait passes time by the service's clock.
func (l *live) wait(d time.Duration) error { return l.clock.Wait(l.ctx, d) }
