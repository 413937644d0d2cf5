package diff

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// isPlainlyInStep is a fast check that a job is in step and no details were requested. Most jobs of
// most plans are, and the full comparison copies each member several times. Only members that
// differ literally are compared here. If it returns false, the full comparison decides.
func (j *jobTask) isPlainlyInStep() bool {
	options := j.in.Options
	switch want, live := j.want, j.live; {
	case options.ShowUndeclared || options.Explain || len(options.WriteSecrets) > 0,
		j.in.Unproven[want.Address] || j.in.LeftEnabled[live.ID],
		len(live.Unseen) > 0 || len(j.triedOf(want)) > 0,
		want.Enabled != nil && (*want.Enabled == live.Item.Disabled || live.Item.StateUnseen),
		j.base != nil && j.before == nil,
		j.before != nil && (j.before.Name != want.Name || !compile.SameBody(j.before, want)):
		return false
	}
	live, want := namedBody(j.live), j.want.Body()
	if live.Kind() != jsontree.KindObject || live.Str(wire.KeyJobName) != j.want.Name {
		return false
	}
	var left []string // members that differ literally
	for _, m := range want.Members() {
		if holdsAll(m.Key, live.Get(m.Key), m.Value) {
			continue
		}
		if m.Key == wire.KeyTimeout { // may be read under another name
			if limit := live.Get(wire.KeyLimitTime); !limit.IsEmpty() && live.Get(m.Key).IsEmpty() && holdsAll(m.Key, wire.HoursTimeout(limit.Text()), m.Value) {
				continue
			}
			left = append(left, wire.KeyLimitTime)
		}
		left = append(left, m.Key)
	}
	if len(left) == 0 {
		return true
	}
	c := &comparison{live: only(live, left), declared: only(want, left), modules: j.in.Modules} // the base declares the same
	c.overlaid(j.ignore.matches)
	return len(c.fields()) == 0
}

// only returns an object with the members named in keys.
func only(body *jsontree.Value, keys []string) *jsontree.Value {
	out := jsontree.Object()
	for _, m := range body.Members() {
		if slices.Contains(keys, m.Key) {
			out.Set(m.Key, m.Value)
		}
	}
	return out
}

// holdsAll reports whether live, a member called key, has everything that want has, by the rules of
// an overlay: objects may have more members, also as items of a job's own lists. A list that is a
// value must be equal.
func holdsAll(key string, live, want *jsontree.Value) bool {
	if live == nil || live.Kind() != want.Kind() {
		return false
	}
	switch want.Kind() {
	case jsontree.KindObject:
		if want.Len() == 0 && live.Len() > 0 {
			return false // declared empty
		}
		for _, m := range want.Members() {
			nested := "" // a value
			if key == wire.KeyParameters && m.Key == wire.KeyParams {
				nested = m.Key
			}
			if key == wire.KeyParameters && m.Key == wire.KeyName && sameDefinition(live, want) {
				continue
			}
			if !holdsAll(nested, live.Get(m.Key), m.Value) {
				return false
			}
		}
		return key != wire.KeyParams || want.Get(wire.KeyLimits) != nil || absent(live.Get(wire.KeyLimits)) // none declared is none
	case jsontree.KindArray:
		if !isList(key) && key != wire.KeyParams {
			break
		}
		have := live.Items()
		if len(have) != want.Len() {
			return false
		}
		for i, item := range want.Items() {
			if !holdsAll(key, have[i], item) {
				return false
			}
		}
		return true
	}
	return jsontree.Equal(live, want)
}
