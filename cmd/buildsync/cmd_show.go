package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/spec"
)

// maxPlan is how large a plan document may be, in bytes.
const maxPlan = 256 << 20

func (p *program) showCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "show",
		Usage:     "print a stored plan, or several joined",
		ArgsUsage: "PLAN…",
		Description: about(`Prints what plan printed when it wrote the document, in any format. The plans of shards are
joined into one. It works offline.

Exit codes: 0 done; 3 not a plan; 4 the plan was changed after it was made.`,
			"buildsync show plan.json",
			"buildsync show --format markdown --max-bytes 60000 plan.json",
			"buildsync show --out joined.json 1.json 2.json 3.json"),
		Flags: renderFlags(),
	}, (*invocation).show)
}

func (in *invocation) show() error {
	outputs, err := in.outputs(planFormats()...)
	if err != nil {
		return err
	}
	args := in.flags.Args().Slice()
	if len(args) == 0 {
		return usageError{text: "show needs the file of a plan, which plan --out FILE writes"}
	}
	var plans []*diff.Plan
	for _, name := range args {
		plan, err := in.readPlan(name)
		if err != nil {
			return err
		}
		plans = append(plans, plan)
	}
	plan := plans[0]
	if len(plans) > 1 {
		if plan, err = diff.Join(plans...); err != nil {
			return &failure{exitInvalid, fmt.Errorf("these plans cannot be joined: %w", err)}
		}
	}
	return in.renderPlan(plan, outputs)
}

// readPlan reads a stored plan, from stdin for "-".
func (in *invocation) readPlan(name string) (*diff.Plan, error) {
	var from io.Reader = in.stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, &failure{exitInvalid, fmt.Errorf("reading the plan: %w", err)}
		}
		defer file.Close()
		from = file
	}
	plan, err := render.Read(io.LimitReader(from, maxPlan))
	if err == nil && plan.FormatVersion <= diff.FormatVersion && !plan.Intact() || errors.Is(err, render.ErrAltered) {
		return nil, &failure{exitStale, fmt.Errorf("%s was changed after it was made: its id is not that of its content; make a new plan and approve that", spec.Pos{File: name})}
	}
	if err != nil {
		return nil, &failure{exitInvalid, fmt.Errorf("%s is not a plan that this version can read: %w", spec.Pos{File: name}, err)}
	}
	return plan, nil
}

func planFormats() []string { return []string{"text", "json", "markdown", "html"} }

// renderFlags say how a plan is shown.
func renderFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text, json, markdown or html", Value: "text"},
		&cli.StringSliceFlag{Name: "out", Usage: "write to `[FORMAT=]FILE` as well; plan.json is what apply takes"},
		&cli.StringFlag{Name: "marker", Usage: "put `TEXT` into markdown's hidden first line, by which a bot finds its comment again"},
		&cli.IntFlag{Name: "max-bytes", Usage: "keep markdown below `N` bytes; removals, refusals and the plan id are never left out", DefaultText: "no limit"},
	}
}

// renderPlan shows a plan in each output.
func (in *invocation) renderPlan(plan *diff.Plan, outputs []output) error {
	return in.write(outputs, func(w io.Writer, o output) error {
		switch o.format {
		case "json":
			return render.JSON(w, plan)
		case "markdown":
			return render.Markdown(w, plan, render.MarkdownOptions{MaxBytes: in.number("max-bytes"), Tag: in.text("marker")})
		case "html":
			return render.HTML(w, plan)
		default:
			var options render.Options
			if o.file == "" {
				options.Color = in.colorful(in.stdout, in.on("no-color"))
				options.Width = terminalWidth(in.stdout)
			}
			return render.Text(w, plan, options)
		}
	})
}
