package main

import (
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// nextAfterPlan says what comes after a plan that has been shown.
func (in *invocation) nextAfterPlan(changes bool) {
	switch {
	case !changes || in.On("offline"):
	case len(in.Texts("out")) > 0:
		for _, out := range in.Texts("out") {
			if file, ok := planFile(out); ok {
				in.Next("%s", in.Again("apply")+" "+kit.ShellWord(file))
				return
			}
		}
		fallthrough
	default:
		in.Next("%s, or %s --out plan.json for review", in.Again("apply"), in.Again("plan"))
	}
}

// planFile returns the file of an --out that keeps the plan for apply.
func planFile(out string) (file string, ok bool) {
	if format, file, named := strings.Cut(out, "="); named {
		return file, format == "json"
	}
	return out, kit.FormatOf(out) == "json"
}

// nextAfterDrift says what comes after drift was found.
func (in *invocation) nextAfterDrift() {
	in.Next("%s sets it back; to keep what was edited, change the definitions", in.Again("apply"))
}
