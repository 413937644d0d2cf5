package render

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
)

// manyRefusals is from how many objects on a refusal that says the same of each is
// said once.
const manyRefusals = 4

// someNamed is how many of the others a terminal names.
const someNamed = 3

// Refusals are a plan's refusals for people. What is said of many objects alike, such
// as a key that 300 new jobs lack, is one refusal that counts them.
func Refusals(plan *diff.Plan) []diff.Refusal { return foldRefusals(plan.Refusals, someNamed) }

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
