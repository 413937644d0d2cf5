package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// manyRefusals is from how many objects on a refusal that says the same of each is
// said once.
const manyRefusals = 4

// someNamed is how many of the others a terminal names.
const someNamed = 3

// shownRefusals returns a plan's refusals for people. What is said of many objects alike, such
// as a key that 300 new jobs lack, is one refusal that counts them.
func shownRefusals(plan *diff.Plan) []diff.Refusal { return foldRefusals(plan.Refusals, someNamed) }

// foldRefusals names at most named of the others, 0 for all.
func foldRefusals(refusals []diff.Refusal, named int) []diff.Refusal {
	alike := map[diff.Refusal][]string{} // addresses by rule and message without the address
	key := func(r diff.Refusal) diff.Refusal {
		return diff.Refusal{Rule: r.Rule, Message: strings.ReplaceAll(r.Message, r.Address, "\x00")}
	}
	for _, r := range refusals {
		if r.Address != "" {
			alike[key(r)] = append(alike[key(r)], r.Address)
		}
	}
	var folded []diff.Refusal
	for _, r := range refusals {
		addresses := alike[key(r)]
		if r.Address == "" || len(addresses) < manyRefusals {
			folded = append(folded, r)
			continue
		}
		if r.Address != addresses[0] {
			continue
		}
		others, more := addresses[1:], ""
		if named > 0 && len(others) > named {
			others, more = others[:named], " …"
		}
		r.Message += fmt.Sprintf("; the same holds for %d more: %s%s", len(addresses)-1, strings.Join(others, ", "), more)
		folded = append(folded, r)
	}
	return folded
}

// RefusedText says what a refusal means, such as "the plan is refused; nothing was written", and
// lists the reasons. If nothing could be read, the reason comes first and alone.
func RefusedText(plan *diff.Plan, meaning string) string {
	if Unread(plan) {
		text := sanitize.Line(plan.Refusals[0].Message, sanitize.MessageLimit)
		if _, consequence, ok := strings.Cut(meaning, ";"); ok {
			text += ";" + consequence
		}
		return text
	}
	for _, refusal := range shownRefusals(plan) {
		meaning += fmt.Sprintf("\n  %s: %s", refusal.Rule, sanitize.Line(refusal.Message, sanitize.MessageLimit))
	}
	return meaning
}

// AfterRefusal returns what to type after a plan with refusals, "" if the reason says it. again makes a
// command line for a command.
func AfterRefusal(plan *diff.Plan, again func(command string) string) remedy.Remedy {
	only := func(rules ...string) bool {
		return !slices.ContainsFunc(plan.Refusals, func(r diff.Refusal) bool { return !slices.Contains(rules, r.Rule) })
	}
	allowed, all := again("plan"), true
	for _, r := range plan.Refusals {
		all = all && r.Flag != ""
		if r.Flag != "" && !strings.Contains(allowed+" ", " "+string(r.Flag)+" ") {
			allowed += " " + string(r.Flag)
		}
	}
	switch {
	case Unread(plan):
		return ""
	case !plan.Refused() && plan.HasChanges():
		return remedy.ApplyOthers(again("apply"))
	case only(diff.RuleListingIncomplete, diff.RuleListingUnread, diff.RuleListingEmpty, diff.RuleUnreadable):
		return remedy.Remedy(again("plan"))
	case only(diff.RuleNoDefinitions) && plan.Base == nil && !plan.HasChanges(): // a new workspace
		return remedy.ExportOrWrite(again("export"))
	case only(diff.RulePolicy):
		return remedy.Remedy(again("policy check"))
	case only(diff.RuleConflict):
		return remedy.KeepOrForce(again("export")+" --force", allowed)
	case only(diff.RuleConflict, diff.RuleDrift):
		return remedy.TakeEdits(again("export") + " --force")
	case all:
		return remedy.AllowRefused(allowed)
	}
	return remedy.ChangeRefused(allowed)
}
