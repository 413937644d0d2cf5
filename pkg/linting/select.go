package linting

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// SelectRules returns which rules count, nil for all: the chosen ones, if there are any, without the
// ignored ones. Names may be in one list with commas, as in other linters.
func SelectRules(chosen, ignored []string) (func(rule string) bool, error) {
	chosen, ignored = inLists(chosen), inLists(ignored)
	for _, list := range [][]string{chosen, ignored} {
		for i, name := range list {
			if err := checkRule(name); err != nil {
				return nil, err
			}
			rule, _ := lint.RuleByName(name)
			list[i] = rule.Name // which may have another name now
		}
	}
	if len(chosen)+len(ignored) == 0 {
		return nil, nil
	}
	return func(rule string) bool {
		return (len(chosen) == 0 || slices.Contains(chosen, rule)) && !slices.Contains(ignored, rule)
	}, nil
}

func inLists(lists []string) (names []string) {
	for _, list := range lists {
		names = append(names, strings.Split(list, ",")...)
	}
	return names
}

func checkRule(name string) error {
	if _, known := lint.RuleByName(name); known {
		return nil
	}
	return errors.New(spec.WithSuggestion(fmt.Sprintf("there is no rule %q", name), spec.Nearest(name, lint.RuleNames())))
}
