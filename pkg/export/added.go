package export

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// withoutAdded returns a copy of a live body without what the service adds to a declared code source
// or step and the definition does not declare: the id that follows from a source's address, and
// values that are empty or the default. An edit does not write them, because nobody chose them.
func (e *Exporter) withoutAdded(live, declared *jsontree.Value) *jsontree.Value {
	body := live.Clone()
	for have, source := range diff.Pairs(wire.KeySCMs, body, declared) {
		dropDerived(have) // before the id, which web_url is compared with
		dropUndeclared(have, source, func(m jsontree.Member) bool { return m.Key == wire.KeyRepoID || e.isDefaultOfSource(have, m.Key) })
	}
	for have, step := range diff.Pairs(wire.KeySteps, body, declared) {
		module := e.catalogue.Module(have.Str(wire.KeyModuleID))
		dropUndeclared(have.Get(wire.KeyProperties), step.Get(wire.KeyProperties), func(m jsontree.Member) bool { return saysNothing(m.Value) || isDefaultOf(module, m) })
	}
	return body
}

// dropUndeclared removes the members of have that declared does not name, if they are added.
func dropUndeclared(have, declared *jsontree.Value, added func(jsontree.Member) bool) {
	for _, m := range slices.Clone(have.Members()) {
		if declared.Get(m.Key) == nil && added(m) {
			have.Delete(m.Key)
		}
	}
}

// isDefaultOfSource reports whether a code source means the same without a member.
func (e *Exporter) isDefaultOfSource(source *jsontree.Value, key string) bool {
	without := source.Clone()
	without.Delete(key)
	alone := func(scm *jsontree.Value) string { return e.fingerprint(only(wire.KeySCMs, jsontree.Array(scm))) }
	return alone(source) == alone(without)
}

func isDefaultOf(module *catalog.Module, m jsontree.Member) bool {
	p := module.Property(m.Key)
	return p != nil && p.Default != nil && jsontree.Equal(p.Default, m.Value)
}

// saysNothing reports whether a value is empty, or holds only empty values.
func saysNothing(v *jsontree.Value) bool {
	saysSomething := func(m jsontree.Member) bool { return !saysNothing(m.Value) }
	return v.IsEmpty() || v.Kind() == jsontree.KindObject && !slices.ContainsFunc(v.Members(), saysSomething)
}
