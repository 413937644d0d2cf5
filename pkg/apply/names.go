package apply

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// CheckNames returns a *spec.UnknownNameError for the first requested name that no definition of
// head or base has: of the scope, or of Options.WriteSecrets.
func (in *PlanInput) CheckNames() error {
	if err := in.Scope.CheckNames(in.Head, in.Base); err != nil {
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
			return &spec.UnknownNameError{Word: word, What: "secret that a job uses", Near: spec.Nearest(word, used)}
		}
	}
	return nil
}
