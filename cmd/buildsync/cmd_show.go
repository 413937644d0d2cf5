package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
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
	outputs, err := in.planOutputs()
	if err != nil {
		return err
	}
	args := in.Flags.Args().Slice()
	if len(args) == 0 {
		return kit.UsageError{Text: "show needs the file of a plan, which plan --out FILE writes"}
	}
	var plans []*diff.Plan
	for i, name := range args {
		plan, err := in.readPlan(name)
		if err != nil {
			return err
		}
		if same := slices.IndexFunc(plans, func(other *diff.Plan) bool { return samePlan(other, plan) }); same >= 0 {
			return kit.UsageError{Text: fmt.Sprintf("%s and %s are the same plan (argument %d); give each part once", args[same], name, i+1)}
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

// samePlan reports whether two documents have the same part of the same plan. Parts without changes
// have equal ids.
func samePlan(a, b *diff.Plan) bool {
	return a.PlanID == b.PlanID && a.Endpoint == b.Endpoint && slices.EqualFunc(a.Parts, b.Parts, diff.Part.Equal)
}

// readPlan reads a stored plan, from stdin for "-".
func (in *invocation) readPlan(name string) (*diff.Plan, error) {
	var from io.Reader = in.Stdin
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
		return nil, &failure{exitStale, fmt.Errorf("%s was changed after it was made: its id does not match its content; make a new plan and approve that", spec.Pos{File: name})}
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
		&cli.BoolFlag{Name: "no-group", Usage: "list each job, also where many get the same change from one place", DisableDefaultText: true},
	}
}

// renderMarkdown writes a comment, and reports if it could not be made as short as --max-bytes
// requires: a service that refuses it gives no such reason.
func (in *invocation) renderMarkdown(w io.Writer, plan *diff.Plan) error {
	most := in.Number("max-bytes")
	var comment bytes.Buffer
	if err := render.Markdown(&comment, plan, render.MarkdownOptions{MaxBytes: most, Tag: in.Text("marker"), NoGroup: in.On("no-group")}); err != nil {
		return err
	}
	if most > 0 && comment.Len() > most {
		in.Warn("the comment has %d bytes, more than --max-bytes %d: removals, refusals and the plan id are never left out", comment.Len(), most)
	}
	_, err := w.Write(comment.Bytes())
	return err
}

// checkRenderFlags refuses flags that do not apply to a plan.
func (in *invocation) checkRenderFlags() error {
	if most := in.Number("max-bytes"); in.Set("max-bytes") && most < 1 {
		return kit.UsageError{Text: fmt.Sprintf("--max-bytes %d: give a number of bytes above 0, or leave it out for no limit", most)}
	}
	return nil
}

// planOutputs is outputs for a plan.
func (in *invocation) planOutputs() ([]kit.Output, error) {
	if err := in.checkRenderFlags(); err != nil {
		return nil, err
	}
	return in.Outputs(planFormats()...)
}

// renderPlan shows a plan in each output.
func (in *invocation) renderPlan(plan *diff.Plan, outputs []kit.Output) error {
	return in.Write(outputs, func(w io.Writer, o kit.Output) error {
		switch o.Format {
		case "json":
			return render.JSON(w, plan)
		case "markdown":
			return in.renderMarkdown(w, plan)
		case "html":
			return render.HTML(w, plan, render.HTMLOptions{NoGroup: in.On("no-group")})
		default:
			options := render.Options{NoGroup: in.On("no-group")}
			if o.File == "" {
				options.Color = in.Colorful(in.Stdout, in.On("no-color"))
				options.Width = kit.TerminalWidth(in.Stdout)
			}
			return render.Text(w, plan, options)
		}
	})
}
