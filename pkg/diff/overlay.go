package diff

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// overlay builds the body of an update: the declared values over the live body.
//
// An update replaces the whole job. So everything that the definitions do not name is kept, also
// members that no document lists; only members that the service alone writes are left out. A
// declared list is complete: items that it lacks are removed, except predefined parameters. Values
// that base declared and want does not are removed too. base may be nil.
//
// ignored reports paths that keep their live value whatever is declared.
type overlay struct {
	modules Modules
	ignored func(path string) bool
}

// body returns the desired body, and which live items its list items correspond to. It does not
// change live and want.
func (o overlay) body(live, want, base *jsontree.Value) (*jsontree.Value, correspondences) {
	out := live.Clone()
	if out.Kind() != jsontree.KindObject {
		out = jsontree.Object()
	}
	writtenForm(out, o.modules)
	links := correspondences{}
	wire.SpellTimeout(out)
	for _, key := range readOnlyMembers {
		out.Delete(key)
	}
	removed := jsontree.Array() // a list that is no longer declared
	for _, m := range base.Members() {
		if want.Get(m.Key) != nil || slices.Contains(identityMembers, m.Key) || m.Key == wire.KeyJobName || o.ignored(memberPath("", m.Key)) {
			continue
		}
		if isList(m.Key) && out.Get(m.Key).Kind() == jsontree.KindArray {
			left, link := o.list(m.Key, out.Get(m.Key), removed, m.Value)
			if links[m.Key] = link; left.Len() > 0 {
				out.Set(m.Key, left) // created by the service
				continue
			}
		}
		out.Delete(m.Key)
	}
	for _, m := range want.Members() {
		path := memberPath("", m.Key)
		if o.ignored(path) {
			continue
		}
		if isList(m.Key) && m.Value.Kind() == jsontree.KindArray {
			list, link := o.list(m.Key, out.Get(m.Key), m.Value, base.Get(m.Key))
			links[m.Key] = link
			out.Set(m.Key, list)
			continue
		}
		out.Set(m.Key, o.value(path, out.Get(m.Key), m.Value, base.Get(m.Key)))
	}
	for _, list := range listMembers {
		if links[list] == nil {
			links[list] = itself(list, o.canonical(list, out.Get(list)), o.canonical(list, base.Get(list)))
		}
	}
	return out, links
}

// value overlays want on live. Objects are merged member by member; other values are replaced.
func (o overlay) value(path string, live, want, base *jsontree.Value) *jsontree.Value {
	if isProperties(path) && want.IsAbsentOrNull() {
		want = jsontree.Object() // no properties declared, as {} says too
	}
	if live.Kind() != jsontree.KindObject || want.Kind() != jsontree.KindObject || want.Len() == 0 && !isProperties(path) {
		return want.Clone()
	}
	return o.object(path, live, want, base)
}

// isProperties reports whether path is the properties of a step. A step that declares none keeps
// the live ones: the service adds its own to every step (API reference 4.20, 4.26) and would add
// them again.
func isProperties(path string) bool { return strings.HasSuffix(path, "].properties") }

func (o overlay) object(path string, live, want, base *jsontree.Value) *jsontree.Value {
	out := live.Clone()
	for _, m := range base.Members() {
		if want.Get(m.Key) == nil && !o.ignored(memberPath(path, m.Key)) {
			out.Delete(m.Key)
		}
	}
	for _, m := range want.Members() {
		child := memberPath(path, m.Key)
		if o.ignored(child) {
			continue
		}
		out.Set(m.Key, o.value(child, out.Get(m.Key), m.Value, base.Get(m.Key)))
	}
	return out
}

// list overlays a declared list on the live one.
func (o overlay) list(list string, live, want, base *jsontree.Value) (*jsontree.Value, *correspondence) {
	wantItems, liveItems, baseItems := want.Items(), live.Items(), base.Items()
	toLive, toBase, baseLive := matchThree(list, o.canonical(list, live), o.canonical(list, want), o.canonical(list, base))
	link := &correspondence{baseLive: baseLive}
	taken := map[string]bool{}
	used := make([]bool, len(liveItems))
	out := make([]*jsontree.Value, 0, len(wantItems))
	for i, item := range wantItems {
		path := freePath(list, item, i, taken)
		h, b := toLive[i], toBase[i]
		if h == none && o.ignored(path) {
			link.declared = append(link.declared, none)
			continue
		}
		link.live, link.base, link.declared = append(link.live, h), append(link.base, b), append(link.declared, len(out))
		if h == none {
			out = append(out, item.Clone())
			continue
		}
		used[h] = true
		var baseItem *jsontree.Value
		if b != none {
			baseItem = baseItems[b]
		}
		out = append(out, o.item(list, path, liveItems[h], item, baseItem))
	}
	for h, item := range liveItems {
		if used[h] || !(list == wire.KeyParameters && isPredefined(item)) && !o.ignored(freePath(list, item, h, taken)) {
			continue
		}
		at := min(h, len(out))
		out = slices.Insert(out, at, item.Clone())
		link.live, link.base = slices.Insert(link.live, at, h), slices.Insert(link.base, at, slices.Index(baseLive, h))
		for d := range link.declared {
			if link.declared[d] >= at {
				link.declared[d]++
			}
		}
	}
	return jsontree.Array(out...), link
}

// canonical returns the normalized items of a list, in the order of the list.
func (o overlay) canonical(list string, items *jsontree.Value) []*jsontree.Value {
	if items.Kind() != jsontree.KindArray {
		return nil
	}
	body := jsontree.Object(jsontree.Member{Key: list, Value: items})
	return normalizeKeepingOrder(body, o.modules).Get(list).Items()
}

// derivedScmMembers follow from the address of a code source. If the address changes, their live
// values are wrong.
var derivedScmMembers = []string{"repo_id", "web_url", wire.KeyGroupName, wire.KeyRepoName}

// item overlays one declared item on its live partner.
func (o overlay) item(list, path string, live, want, base *jsontree.Value) *jsontree.Value {
	if live.Kind() != jsontree.KindObject || want.Kind() != jsontree.KindObject {
		return want.Clone()
	}
	switch list {
	case wire.KeyParameters:
		return o.parameter(path, live, want, base)
	case wire.KeySteps:
		if live.Str(wire.KeyModuleID) != want.Str(wire.KeyModuleID) {
			// The values that the service added for the old module do not apply to another module.
			return want.Clone()
		}
	case wire.KeySCMs:
		live = live.Clone()
		if live.Str(wire.KeyURL) != want.Str(wire.KeyURL) {
			for _, key := range derivedScmMembers {
				live.Delete(key)
			}
		}
	case wire.KeyTriggers:
		return o.trigger(path, live, want, base)
	}
	return o.object(path, live, want, base)
}

// parameter overlays a declared parameter on the live one: first the declared fields, then live
// fields that it does not name.
func (o overlay) parameter(path string, live, want, base *jsontree.Value) *jsontree.Value {
	out := live.Clone()
	for _, m := range want.Members() {
		member := memberPath(path, m.Key)
		if m.Key == wire.KeyName {
			member = path + ".definition"
		}
		if m.Key != wire.KeyParams && !o.ignored(member) {
			out.Set(m.Key, o.value(member, live.Get(m.Key), m.Value, base.Get(m.Key)))
		}
	}
	if want.Get(wire.KeyParams) != nil {
		out.Set(wire.KeyParams, o.fields(path, live.Get(wire.KeyParams), want.Get(wire.KeyParams), base.Get(wire.KeyParams)))
	}
	return out
}

// trigger overlays a declared trigger on the live one. Live parameters that neither it nor base
// declares stay: the service may add its own, such as the name of a time zone.
func (o overlay) trigger(path string, live, want, base *jsontree.Value) *jsontree.Value {
	out := live.Clone()
	for _, m := range want.Members() {
		if m.Key != wire.KeyParameters && !o.ignored(memberPath(path, m.Key)) {
			out.Set(m.Key, m.Value.Clone())
		}
	}
	if want.Get(wire.KeyParameters) == nil {
		return out
	}
	ignored := func(name string) bool {
		return o.ignored(memberPath(path, wire.KeyParameters) + valuepath.Name(name, 1))
	}
	declared := map[string]bool{}
	for _, side := range []*jsontree.Value{want, base} {
		for _, field := range side.Get(wire.KeyParameters).Items() {
			if name := field.Str(wire.KeyName); !ignored(name) {
				declared[name] = true
			}
		}
	}
	fields := jsontree.Array()
	for _, field := range want.Get(wire.KeyParameters).Items() {
		if !ignored(field.Str(wire.KeyName)) {
			fields.Append(field.Clone())
		}
	}
	for _, field := range live.Get(wire.KeyParameters).Items() {
		if name := field.Str(wire.KeyName); name != "" && !declared[name] {
			fields.Append(field.Clone())
		}
	}
	out.Set(wire.KeyParameters, fields)
	return out
}

// optionMembers are the members of an option that the API reference lists (LimitsParam).
var optionMembers = []string{wire.KeyName, wire.KeyDisplayName, wire.KeyDisable}

// keepOptionMembers adds to each option in want the members of the live option of its name that the
// reference does not list, unless the base declared them.
func keepOptionMembers(want, live, base *jsontree.Value) {
	named := func(options *jsontree.Value, name string) *jsontree.Value {
		for _, option := range options.Items() {
			if option.Str(wire.KeyName) == name {
				return option
			}
		}
		return nil
	}
	for _, option := range want.Items() {
		if option.Kind() != jsontree.KindObject {
			continue
		}
		name := option.Str(wire.KeyName)
		declared := named(base, name)
		for _, m := range named(live, name).Members() {
			if !slices.Contains(optionMembers, m.Key) && option.Get(m.Key) == nil && declared.Get(m.Key) == nil {
				option.Set(m.Key, m.Value.Clone())
			}
		}
	}
}

// field overlays a declared field of a parameter on the live one.
func (o overlay) field(path, name string, live, want, base *jsontree.Value) *jsontree.Value {
	merged, value, limits := live.Clone(), memberPath(path, name), compile.LimitsPath(path, name)
	keepsLimits := o.ignored(limits)
	if !keepsLimits {
		merged.Delete(wire.KeyLimits)
	}
	for _, m := range want.Members() {
		switch {
		case m.Key == wire.KeyLimits && keepsLimits:
		case m.Key == wire.KeyValue && o.ignored(value):
		case m.Key != wire.KeyName && m.Key != wire.KeyValue && m.Key != wire.KeyLimits && o.ignored(memberPath(value, m.Key)):
		default:
			merged.Set(m.Key, m.Value.Clone())
		}
	}
	if !keepsLimits {
		keepOptionMembers(merged.Get(wire.KeyLimits), live.Get(wire.KeyLimits), base.Get(wire.KeyLimits))
	}
	return merged
}

// fields overlays a parameter's declared fields on the live ones, by name. A declared field without
// limits has none. What policy.ignore names keeps its live value. Undeclared live fields stay unless base declared them.
func (o overlay) fields(path string, live, want, base *jsontree.Value) *jsontree.Value {
	byName := map[string]*jsontree.Value{}
	for _, field := range live.Items() {
		byName[field.Str(wire.KeyName)] = field
	}
	settled, declared := map[string]bool{}, map[string]*jsontree.Value{}
	for _, field := range base.Items() {
		settled[field.Str(wire.KeyName)] = true
		declared[field.Str(wire.KeyName)] = field
	}
	var out []*jsontree.Value
	for _, field := range want.Items() {
		name := field.Str(wire.KeyName)
		settled[name] = true
		have := byName[name]
		switch {
		case have == nil && o.ignored(memberPath(path, name)):
		case have == nil:
			out = append(out, field.Clone())
		default:
			out = append(out, o.field(path, name, have, field, declared[name]))
		}
	}
	for _, field := range live.Items() {
		if !settled[field.Str(wire.KeyName)] {
			out = append(out, field.Clone())
		}
	}
	return jsontree.Array(out...)
}

// writtenForm converts a body that was read to the form that is written, in place. The service
// shows some members with another type, name or letter case, or as null; sent back like that, they
// would be stored so. Lists keep their order, texts their line endings, and unknown members stay.
func writtenForm(body *jsontree.Value, modules Modules) {
	dropNulls(body)
	for _, m := range body.Members() {
		if slices.Contains(memberOrder, m.Key) {
			dropNullsWithin(m.Key, m.Value)
		}
	}
	endpointKey(body, modules)
	canonicalTypes(body, modules)
	letterCase(body, modules)
	for _, param := range body.Get(wire.KeyParameters).Items() {
		if name := param.Str(wire.KeyName); name != "" && isStringDefinition(name) {
			param.Set(wire.KeyName, jsontree.String(wire.ParameterDefinition))
		}
	}
}

// dropNullsWithin removes nulls inside a member that the API reference lists.
func dropNullsWithin(key string, member *jsontree.Value) {
	if !isList(key) {
		dropNullsDeep(member)
		return
	}
	for _, item := range member.Items() {
		dropNulls(item)
		switch key {
		case wire.KeySteps:
			dropNullsDeep(item.Get(wire.KeyProperties))
		case wire.KeyTriggers:
			dropNullsDeep(item.Get(wire.KeyParameters))
		case wire.KeyParameters:
			dropParameterNulls(item)
		}
	}
}

// dropParameterNulls removes nulls inside a parameter. It keeps the null that some services show
// for a hidden value: the value is unknown, and an update that would send it is refused.
func dropParameterNulls(param *jsontree.Value) {
	var hidden []*jsontree.Value
	if isSensitive(param) {
		hidden = wire.Parameter{Definition: param}.Fields(wire.ParamDefaultValue)
	}
	for _, field := range param.Get(wire.KeyParams).Items() {
		unknown := slices.Contains(hidden, field) && field.Get(wire.KeyValue).Kind() == jsontree.KindNull
		dropNullsDeep(field)
		if unknown {
			field.Set(wire.KeyValue, jsontree.Null())
		}
	}
}

// dropNullsDeep removes members that are null from v, at all depths. List items stay, because their
// position matters.
func dropNullsDeep(v *jsontree.Value) {
	dropNulls(v)
	for _, m := range v.Members() {
		dropNullsDeep(m.Value)
	}
	for _, item := range v.Items() {
		dropNullsDeep(item)
	}
}

// dropNulls removes members of object that are null. Null and absent mean the same to the service.
func dropNulls(object *jsontree.Value) {
	var null []string
	for _, m := range object.Members() {
		if m.Value.Kind() == jsontree.KindNull {
			null = append(null, m.Key)
		}
	}
	for _, key := range null {
		object.Delete(key)
	}
}
