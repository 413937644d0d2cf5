package diff

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

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
