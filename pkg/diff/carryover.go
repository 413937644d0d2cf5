package diff

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// CarryOver adds to body the members that only the newer route shows. full is the job over the
// newer route, shown the job over the other route. An update replaces the whole job, so a member
// that a route hides would be lost. The arguments are not changed.
func CarryOver(body, shown, full *jsontree.Value) *jsontree.Value {
	out, full := body.Clone(), full.Clone()
	writtenForm(full, nil)
	for _, m := range full.Members() {
		if !slices.Contains(readOnlyMembers, m.Key) && !slices.Contains(identityMembers, m.Key) && m.Key != wire.KeyLimitTime {
			carryMember(out, shown, m)
		}
	}
	return out
}

// carryMember copies one member of full into body, or the parts of it that shown lacks.
func carryMember(body, shown *jsontree.Value, m jsontree.Member) {
	have, own := spelled(shown, m.Key), spelled(body, m.Key)
	switch {
	case m.Value.IsEmpty():
	case absent(have):
		if absent(own) {
			body.Set(m.Key, m.Value.Clone())
		}
	case own == nil:
	case m.Value.Kind() == jsontree.KindObject:
		for _, inner := range m.Value.Members() {
			if have.Kind() == jsontree.KindObject && own.Kind() == jsontree.KindObject {
				carryMember(own, have, inner)
			}
		}
	case m.Value.Kind() == jsontree.KindArray:
		carryItems(m.Key, own, have, m.Value)
	}
}

// carryItems does the same for the items that are in all three lists.
func carryItems(list string, body, shown, full *jsontree.Value) {
	for i, item := range full.Items() {
		have, own := partnerOf(list, item, i, full, shown), partnerOf(list, item, i, full, body)
		if have == nil || own == nil {
			continue
		}
		for _, inner := range item.Members() {
			carryMember(own, have, inner)
		}
	}
}

// partnerOf returns the item of others that corresponds to the i-th of items.
func partnerOf(list string, item *jsontree.Value, i int, items, others *jsontree.Value) *jsontree.Value {
	if item.Kind() != jsontree.KindObject {
		return nil
	}
	var same []*jsontree.Value
	for _, other := range others.Items() {
		if identityOf(list, other) == identityOf(list, item) {
			same = append(same, other)
		}
	}
	rank := 0 // among those of one identity
	for _, before := range items.Items()[:i] {
		if identityOf(list, before) == identityOf(list, item) {
			rank++
		}
	}
	if rank < len(same) {
		return same[rank]
	}
	return nil
}

// identityOf returns what distinguishes an item of a list from the others.
func identityOf(list string, item *jsontree.Value) string {
	switch list {
	case wire.KeySteps:
		return item.Str(wire.KeyModuleID) + "\x00" + item.Str(wire.KeyName)
	case wire.KeyParameters:
		return paramName(item)
	case wire.KeySCMs:
		return item.Str(wire.KeyURL)
	}
	return item.Str(wire.KeyName)
}

func absent(v *jsontree.Value) bool { return v == nil || v.Kind() == jsontree.KindNull }

// spelled returns the member called key in either spelling: one route writes
// end_point_id, the other endpoint_id.
func spelled(v *jsontree.Value, key string) *jsontree.Value {
	if exact := v.Get(key); exact != nil {
		return exact
	}
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }
	for _, m := range v.Members() {
		if plain(m.Key) == plain(key) {
			return m.Value
		}
	}
	return nil
}

// Hidden returns the members of want, and of its code sources, that live lacks. Either they do not
// exist or the route hides them.
func Hidden(live, want *jsontree.Value) []string {
	var paths []string
	for _, m := range want.Members() {
		switch {
		case m.Value.IsEmpty() || m.Key == wire.KeyTimeout && !absent(live.Get(wire.KeyLimitTime)):
		case absent(spelled(live, m.Key)) && !slices.Contains(identityMembers, m.Key):
			paths = append(paths, m.Key)
		case m.Key == wire.KeySCMs:
			for i, item := range m.Value.Items() {
				have := partnerOf(m.Key, item, i, m.Value, live.Get(m.Key))
				for _, inner := range item.Members() {
					if path := m.Key + "." + inner.Key; have != nil && !inner.Value.IsEmpty() && absent(spelled(have, inner.Key)) && !slices.Contains(paths, path) {
						paths = append(paths, path)
					}
				}
			}
		}
	}
	return paths
}

// ShowsHidden reports whether body has a member that the reference does not list for reading a job
// (4.26). If so, this route shows all of them.
func ShowsHidden(body *jsontree.Value) bool {
	return slices.ContainsFunc(wire.NewerRoutesOnly, func(key string) bool { return body.Get(key) != nil })
}

// complete also reads the job over the newer route if this route may hide
// something that is compared. If that fails, the values stay unknown; see seen.
func (j *jobTask) complete(c *comparison) bool {
	if j.live.Full == nil || j.live.Completed || len(c.fields()) == 0 && len(Hidden(c.live, c.base)) == 0 {
		return false
	}
	hidden := append(Hidden(c.live, c.declared), Hidden(c.live, c.base)...)
	if len(hidden) == 0 {
		return false
	}
	full, err := j.live.Full()
	switch {
	case err != nil:
		j.live.Unseen = hidden
		return false
	case full == nil:
		return false
	}
	j.live.Body, j.live.Completed = CarryOver(j.live.Body, j.live.Body, full), true
	return true
}

// seen returns fields without those that the route hides: they are unknown, not different.
func (j *jobTask) seen(fields []Field) []Field {
	return slices.DeleteFunc(fields, func(f Field) bool { return absent(f.Before) && UnseenPath(f.Path, j.live.Unseen) })
}

// UnseenPath reports whether path is in one of the members that Hidden returned.
func UnseenPath(path string, hidden []string) bool {
	return slices.ContainsFunc(hidden, func(h string) bool {
		list, key, nested := strings.Cut(h, ".")
		if nested {
			return strings.HasPrefix(path, list+"[") && strings.HasSuffix(path, "."+key)
		}
		return path == h || strings.HasPrefix(path, h+"[") || strings.HasPrefix(path, h+".")
	})
}
