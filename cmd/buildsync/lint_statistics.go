package main

import (
	"fmt"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// statisticsIn are the formats that lint --statistics is written in.
var statisticsIn = map[string]format.Writer{"text": format.Statistics, "json": format.StatisticsJSON}

// checkStatistics refuses --statistics in a format that lists findings.
func (in *invocation) checkStatistics(outputs []output) error {
	if !in.on("statistics") {
		return nil
	}
	for _, o := range outputs {
		if statisticsIn[o.format] == nil {
			return usageError{text: fmt.Sprintf("--statistics is written as text or json, not as %s", o.format)}
		}
	}
	return nil
}

// muchFound is from how many findings on a baseline is offered.
const muchFound = 30

// nextAfterLint offers --fix where it mends something, or a baseline where a team
// finds much on its first day.
func (in *invocation) nextAfterLint(found spec.Diagnostics, groups []target) {
	mode := in.flags.Generic("fix").(*fixValue).mode
	whole := len(groups) == 1 && len(groups[0].files) == 0 && in.text("changed-since") == ""
	if old := lint.NewBaseline(found).Len(); whole && mode == 0 && in.text("baseline") == "" && old >= muchFound {
		in.next("%s --baseline lint-baseline.json --update-baseline remembers these %s, so that only new ones are reported; --statistics counts them by rule", in.again("lint"), counted(old, "finding"))
		return
	}
	mendable := 0
	for i := range found {
		if lint.Mendable(&found[i], lint.SafeFixes) {
			mendable++
		}
	}
	if mode == 0 && mendable > 0 && whole {
		in.next("%s --fix mends %s", in.again("lint"), counted(mendable, "of them"))
	}
}
