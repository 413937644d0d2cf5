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
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/spec"
)

// maxPlan is how large a plan document may be, in bytes.
const maxPlan = 256 << 20

func (p *program) showCommand() *cli.Command {
	var o renderOptions
	return p.command(&cli.Command{
		Name:      "show",
		Usage:     "print a stored plan, or several joined",
		ArgsUsage: "PLAN…",
		Description: about(`Prints a plan that plan --out has stored, in any format. Plans of shards are joined into one. It
works offline.

Exit codes: 0 done; 3 not a plan; 4 the plan was changed after it was made.`,
			"buildsync show plan.json",
			"buildsync show --format markdown --max-bytes 60000 plan.json",
			"buildsync show --out joined.json 1.json 2.json 3.json"),
		Flags: o.flags(),
	}, func(in *invocation) error { return in.show(&o) })
}

func (in *invocation) show(o *renderOptions) error {
	outputs, err := in.planOutputs(o)
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
	return in.renderPlan(plan, outputs, o)
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

// planFormats returns the formats of a plan; the first is the default.
func planFormats() []string { return []string{"text", "json", "markdown", "html"} }

// renderOptions say how a plan is shown.
type renderOptions struct {
	marker   string
	maxBytes int
	noGroup  bool
}

func (o *renderOptions) flags() []cli.Flag {
	return []cli.Flag{
		formatFlag(planFormats()...),
		&cli.StringSliceFlag{Name: "out", Usage: "write to `[FORMAT=]FILE` as well; plan.json is what apply takes"},
		&cli.StringFlag{Name: "marker", Destination: &o.marker, Usage: "put `TEXT` into the hidden first line of markdown, so that a bot finds its comment again"},
		&cli.IntFlag{Name: "max-bytes", Destination: &o.maxBytes, Usage: "keep markdown below `N` bytes; removals, refusals and the plan id are never left out", DefaultText: "no limit"},
		&cli.BoolFlag{Name: "no-group", Destination: &o.noGroup, Usage: "list each job, even if many get the same change", DisableDefaultText: true},
	}
}

// renderMarkdown writes a comment, and reports if it could not be made as short as --max-bytes
// requires: a service that refuses it gives no such reason.
func (in *invocation) renderMarkdown(w io.Writer, plan *diff.Plan, o *renderOptions) error {
	most := o.maxBytes
	var comment bytes.Buffer
	if err := render.Markdown(&comment, plan, render.MarkdownOptions{MaxBytes: most, Tag: o.marker, NoGroup: o.noGroup}); err != nil {
		return err
	}
	if most > 0 && comment.Len() > most {
		in.Warn("the comment has %d bytes, more than --max-bytes %d: removals, refusals and the plan id are never left out", comment.Len(), most)
	}
	_, err := w.Write(comment.Bytes())
	return err
}

// planOutputs is Outputs for a plan.
func (in *invocation) planOutputs(o *renderOptions) ([]kit.Output, error) {
	if in.Set("max-bytes") && o.maxBytes < 1 {
		return nil, kit.UsageError{Text: fmt.Sprintf("--max-bytes %d: give a number of bytes above 0, or leave it out for no limit", o.maxBytes)}
	}
	return in.Outputs(planFormats()...)
}

// renderPlan shows a plan in each output.
func (in *invocation) renderPlan(plan *diff.Plan, outputs []kit.Output, o *renderOptions) error {
	return in.Write(outputs, func(w io.Writer, to kit.Output) error {
		switch to.Format {
		case "json":
			return render.JSON(w, plan)
		case "markdown":
			return in.renderMarkdown(w, plan, o)
		case "html":
			return render.HTML(w, plan, render.HTMLOptions{NoGroup: o.noGroup})
		default:
			options := render.Options{NoGroup: o.noGroup}
			if to.File == "" {
				options.Color = in.Colorful(in.Stdout, in.global.noColor)
				paper := screen.PaperFor(in.Stdout, false)
				options.Width, options.Zone = paper.Width, paper.Zone
			}
			return render.Text(w, plan, options)
		}
	})
}
