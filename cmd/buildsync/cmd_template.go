package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	reading "github.com/buildsync/buildsync/pkg/live"
)

func (p *program) templateCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "template",
		Usage: "show and delete build templates",
		Description: about(`A TEMPLATE is a name, or a uuid of 32 letters and digits. Templates belong to the caller, not to a
project. Definitions create them: see buildsync plan and buildsync apply.`,
			"buildsync template list --official",
			"buildsync template show our-maven"),
		Subcommands: []*cli.Command{
			p.templateListCommand(),
			p.templateShowCommand(),
			p.templateDeleteCommand(),
		},
	}, nil)
}

type templateListOptions struct {
	custom, official bool
	name             string
}

func (p *program) templateListCommand() *cli.Command {
	var o templateListOptions
	return p.command(&cli.Command{
		Name:  "list",
		Usage: "list build templates",
		Description: about(`Lists the build templates that the caller can use (API reference 4.20): their own and the
official ones. A list that does not hold what the service counts is printed all the same, and
is an error.

Exit codes: 0 done; 1 the list could not be read, or is incomplete; 3 invalid input.`,
			"buildsync template list --custom",
			"buildsync template list --official --name maven --format json"),
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "custom", Destination: &o.custom, Usage: "only those that users made", DisableDefaultText: true},
			&cli.BoolFlag{Name: "official", Destination: &o.official, Usage: "only the service's own", DisableDefaultText: true},
			&cli.StringFlag{Name: "name", Destination: &o.name, Usage: "only those whose name contains `PART`"},
		}, resultFlags()...),
	}, func(in *invocation) error { return in.templateList(&o) })
}

func (in *invocation) templateList(o *templateListOptions) error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	if o.custom && o.official {
		return kit.UsageError{Text: "--custom and --official exclude each other; leave both out for all templates"}
	}
	return in.withService(0, 0, func(l *live) error {
		templates, err := l.find.Templates(l.ctx, o.name, o.custom)
		var incomplete *client.IncompleteError
		if err != nil && !errors.As(err, &incomplete) {
			return err
		}
		doc := pages.TemplateListDocument{Templates: []wire.Template{}, Complete: incomplete == nil}
		if incomplete != nil {
			doc.Problem = incomplete.Problem
		}
		for _, template := range templates {
			if o.custom && !reading.IsOwn(template) || o.official && reading.IsOwn(template) {
				continue
			}
			doc.Templates = append(doc.Templates, template)
		}
		return errors.Join(in.print(outputs, nil, screen.Reply{Doc: doc, Text: doc.Text}), err)
	})
}

func (p *program) templateShowCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "show",
		Usage:     "print a build template",
		ArgsUsage: "TEMPLATE",
		Description: about(`Prints a build template: its parameters and its steps; with --format json the whole body. What looks
like a secret is hidden.

Exit codes: 0 done; 1 the template could not be read; 3 invalid input.`,
			"buildsync template show java-service",
			"buildsync template show --format json java-service"),
		Flags: resultFlags(),
	}, (*invocation).templateShow)
}

func (in *invocation) templateShow() error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	return in.withService(1, 1, func(l *live) error {
		template, err := l.find.Template(l.ctx, l.args[0], false)
		if err != nil {
			return err
		}
		modules := catalog.Default()
		item := in.redacted(template.Item, modules)
		return in.print(outputs, modules, screen.Reply{Doc: item, Text: func(out *screen.Paper) {
			pages.WriteTemplate(out, template, item, modules)
		}})
	})
}

func (p *program) templateDeleteCommand() *cli.Command {
	var yes bool
	return p.command(&cli.Command{
		Name:      "delete",
		Usage:     "delete a build template",
		ArgsUsage: "TEMPLATE",
		Description: about(`Deletes a build template for good (API reference 4.22). Jobs that were made from it stay as they
are. It asks first; without a terminal it needs --yes. If a definition declares the template, the
next apply creates it again.

Exit codes: 0 done; 1 not deleted; 3 invalid input; 6 not known.`,
			"buildsync template delete java-service"),
		Flags: append([]cli.Flag{yesFlag(&yes)}, resultFlags()...),
	}, func(in *invocation) error { return in.templateDelete(yes) })
}

func (in *invocation) templateDelete(yes bool) error {
	return in.withReply(1, 1, func(l *live) (r screen.Reply, err error) {
		t, err := l.find.Template(l.ctx, l.args[0], true)
		if err != nil {
			return r, err
		}
		if !reading.IsOwn(t) {
			return r, fmt.Errorf("%s is an official template, which cannot be deleted", t.Name)
		}
		if err := l.agree(yes, fmt.Sprintf("The template %s (%s) is deleted for good. Delete it?", screen.Shown(t.Name, 0), t.UUID)); err != nil {
			return r, err
		}
		if err := l.write(func(ctx context.Context) error { return l.DeleteTemplate(ctx, t.UUID) }); err != nil {
			return r, err
		}
		doc := pages.TemplateOutcome{UUID: t.UUID, Name: t.Name, Outcome: "deleted"}
		return screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
			fmt.Fprintf(out, "%s: deleted\n", screen.Shown(t.Name, 0))
		}}, nil
	})
}
