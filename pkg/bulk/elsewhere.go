package bulk

import "github.com/buildsync/buildsync/pkg/compile"

// Effect is what edits change in an environment.
type Effect struct {
	Environment  string
	Values, Jobs int
	Problem      string // the first error that the definitions would have; "" if they compile
}

// Elsewhere returns the effects of edits in the environments that use the same files, apart from
// the given one. It leaves out environments in which nothing changes, and those with errors before.
func Elsewhere(loaded *compile.Loaded, environment string, files map[string][]byte) (effects []Effect) {
	if len(files) == 0 {
		return nil
	}
	for _, name := range loaded.Set.Workspace.Environments() {
		if name == environment {
			continue
		}
		before, found := loaded.Under(name)
		if found.HasErrors() {
			continue
		}
		after, found := before.With(files)
		if found.HasErrors() {
			effects = append(effects, Effect{Environment: name, Problem: found[0].Message})
			continue
		}
		if values, jobs := changedValues(before.Result, after.Result); values > 0 {
			effects = append(effects, Effect{Environment: name, Values: values, Jobs: jobs})
		}
	}
	return effects
}
