package apply

import (
	"fmt"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// UnknownNameError reports a requested name or pattern that matches no definition. It is a mistake,
// never an empty success.
type UnknownNameError struct {
	Word string
	What string // what it should have named, such as "secret"
	Near string // the nearest name, "" if none is near
}

func (e *UnknownNameError) Error() string {
	return spec.WithSuggestion(fmt.Sprintf("%q matches no %s", e.Word, e.What), e.Near)
}

// CheckNames returns an *UnknownNameError for the first pattern of
// Scope.Only that no job or template of head or base has, and the first of
// Options.WriteSecrets that no job uses.
func (in *PlanInput) CheckNames() error {
	names := definedNames(in.Head, in.Base)
	for _, glob := range in.Scope.Only {
		if !slices.ContainsFunc(names, spec.Names{glob}.Match) {
			return &UnknownNameError{glob, "defined job or template", spec.Nearest(glob, names)}
		}
	}
	if err := unknownLabel(in.Scope.Labels, in.Head, in.Base); err != nil {
		return err
	}
	var used []string
	for _, job := range in.Head.Jobs {
		for _, use := range job.Secrets {
			used = append(used, use.Secret)
		}
		for _, notice := range job.Notices {
			if notice.Secret != "" {
				used = append(used, notice.Secret)
			}
		}
	}
	for _, word := range in.Options.WriteSecrets {
		if word != "all" && !slices.Contains(used, word) {
			return &UnknownNameError{word, "secret that a job uses", spec.Nearest(word, used)}
		}
	}
	return nil
}

// definedNames returns the names of all defined objects.
func definedNames(results ...*compile.Result) []string {
	var names []string
	for _, r := range results {
		if r == nil {
			continue
		}
		for _, job := range r.Jobs {
			names = append(append(names, job.Name), job.RenamedFrom...)
		}
		for _, template := range r.Templates {
			names = append(names, template.Name)
		}
		for _, removal := range r.Removals {
			names = append(names, removal.Job)
		}
	}
	return names
}

// unknownLabel returns an *UnknownNameError for the first label condition that no job of head or
// base satisfies, nil if there is none.
func unknownLabel(terms compile.LabelTerms, results ...*compile.Result) error {
	var jobs []*compile.Job
	for _, r := range results {
		if r != nil {
			jobs = append(jobs, r.Jobs...)
		}
	}
	if term, near, unknown := terms.Unknown(jobs); unknown {
		return &UnknownNameError{term, "label of a defined job", near}
	}
	return nil
}
