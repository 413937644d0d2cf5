package main

import (
	"fmt"
	"slices"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/linting"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// statisticsIn are the formats that lint --statistics is written in.
var statisticsIn = map[string]format.Writer{"text": format.Statistics, "json": format.StatisticsJSON}

// checkStatistics refuses --statistics in a format that lists findings.
func (o *lintOptions) checkStatistics(outputs []kit.Output) error {
	if !o.statistics {
		return nil
	}
	for _, to := range outputs {
		if statisticsIn[to.Format] == nil {
			return kit.UsageError{Text: fmt.Sprintf("--statistics is written as text or json, not as %s", to.Format)}
		}
	}
	return nil
}

// muchFound is from how many findings on a baseline is offered.
const muchFound = 30

// nextAfterLint offers --fix where it mends something, or a baseline where a team
// finds much on its first day. A baseline would hide breaches of a policy that an
// exception should answer for, so policy check comes before it.
func (in *invocation) nextAfterLint(o *lintOptions, found spec.Diagnostics, groups []linting.Target) {
	whole := len(groups) == 1 && len(groups[0].Files) == 0 && o.changedSince == ""
	if old := lint.NewBaseline(found).Len(); whole && o.fix.mode == 0 && o.baseline == "" && old >= muchFound {
		if breaches := lint.NewBaseline(breachesOf(found)).Len(); breaches > 0 {
			in.Next(remedy.ExceptPolicies(in.Again("policy check"), sanitize.Counted(breaches, "finding")))
		} else {
			in.Next(remedy.Baseline(in.Again("lint"), sanitize.Counted(old, "finding")))
		}
		return
	}
	mendable := 0
	for i := range found {
		if lint.Mendable(&found[i], lint.SafeFixes) {
			mendable++
		}
	}
	if o.fix.mode == 0 && mendable > 0 && whole {
		in.Next(remedy.Fix(in.Again("lint"), sanitize.Counted(mendable, "of them")))
	}
}

// breachesOf returns the findings that are breaches of a policy.
func breachesOf(found spec.Diagnostics) spec.Diagnostics {
	return slices.DeleteFunc(slices.Clone(found), func(d spec.Diagnostic) bool { return !strings.HasPrefix(d.Rule, policy.RulePrefix) })
}
