package vendored

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Outdated is a source with the present commit of its ref.
type Outdated struct {
	Source string `json:"source"`
	Ref    string `json:"ref"`
	Locked string `json:"locked"` // "" if there is no copy
	Latest string `json:"latest"`
}

// Latest asks each source for the present commit of its ref, and returns the sources whose copy has
// another one.
func Latest(ctx context.Context, tree spec.Tree, sources []spec.Source) ([]Outdated, error) {
	lock, _ := spec.ReadLock(tree)
	outdated := []Outdated{}
	for _, source := range sources {
		remote, err := gitbase.OpenSource(ctx, source)
		if err != nil {
			return nil, err
		}
		commit, _, err := resolve(ctx, remote, source)
		remote.Close()
		if err != nil {
			return nil, err
		}
		locked := lock.Sources[source.Name]
		if locked.Commit != commit || !locked.Of(&source) {
			outdated = append(outdated, Outdated{source.Name, source.Ref, locked.Commit, commit})
		}
	}
	return outdated, nil
}

// Effect is a job or template whose compiled body changes. Before or After is nil if it is added or
// removed.
type Effect struct {
	Address       string
	Before, After *jsontree.Value
}

// Effects lists the differences between two compilations, by address.
func Effects(before, after *compile.Result) []Effect {
	was, will := bodies(before), bodies(after)
	both := maps.Clone(was)
	maps.Copy(both, will)
	var effects []Effect
	for _, address := range slices.Sorted(maps.Keys(both)) {
		a, b := was[address], will[address]
		if a == nil || b == nil || !bytes.Equal(a.AppendJSON(nil), b.AppendJSON(nil)) {
			effects = append(effects, Effect{address, a, b})
		}
	}
	return effects
}

func bodies(r *compile.Result) map[string]*jsontree.Value {
	all := map[string]*jsontree.Value{}
	if r == nil {
		return all
	}
	for _, job := range r.Jobs {
		all[job.Address] = job.Body()
	}
	for _, t := range r.Templates {
		all[t.Address] = t.Body
	}
	return all
}

// Change is what new copies change in a workspace.
type Change struct {
	Tree      spec.Tree          // the workspace with the copies
	Found     spec.Diagnostics   // about the definitions with the copies
	Catalogue *catalog.Catalogue // with the copies; nil if buildsync.yaml cannot be read
	WasBroken bool               // the definitions have errors with the present copies
	Effects   []Effect           // none if there are errors before or after
}

// ChangeBy compiles the definitions with the present copies and with new ones.
func ChangeBy(copies []Copy, tree spec.Tree, declared []spec.Source, environment string, vars map[string]string) Change {
	opts := compile.Options{Vars: vars, Keep: true}
	before, found := compile.Load(tree, environment, opts)
	change := Change{Tree: overlaid(tree, declared, copies), WasBroken: found.HasErrors()}
	after, found := compile.Load(change.Tree, environment, opts)
	change.Found = found
	if after != nil {
		change.Catalogue = after.Catalogue
	}
	if !change.WasBroken && !found.HasErrors() {
		change.Effects = Effects(before.Result, after.Result)
	}
	return change
}
