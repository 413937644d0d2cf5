package diff

import (
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// readOnlyMembers are never compared and never sent back.
var readOnlyMembers = wire.ServiceMembers()

// identityMembers name the object and do not describe it.
var identityMembers = []string{wire.KeyJobID, wire.KeyProjectID}

func readOnly(body *jsontree.Value, _ Modules) {
	for _, key := range readOnlyMembers {
		body.Delete(key)
	}
	for _, key := range identityMembers {
		body.Delete(key)
	}
}

func moments(body *jsontree.Value, modules Modules) {
	wire.DropMoments(body, func(moduleID, name string) bool {
		_, known := propertyFacts(modules, moduleID, name)
		return known
	})
}

func limitTime(body *jsontree.Value, _ Modules) { wire.SpellTimeout(body) }

// Members with different types when written and when read.
var (
	textMembers    = []string{wire.KeyAutoUpdateSubModule, "group_id"}
	scmTextMembers = []string{"depth", "repo_id"}
	boolMembers    = []string{wire.KeyBuildIfCodeUpdated}
	scmBoolMembers = []string{wire.KeyIsAutoBuild, wire.KeyEnableGitLFS}
)

func canonicalTypes(body *jsontree.Value, _ Modules) {
	toText(body, textMembers...)
	toBool(body, boolMembers...)
	toText(body.Get(wire.KeyTimeout), "limit", "unit")
	for _, scm := range body.Get(wire.KeySCMs).Items() {
		toText(scm, scmTextMembers...)
		toBool(scm, scmBoolMembers...)
	}
	for _, step := range body.Get(wire.KeySteps).Items() {
		toBool(step, "enable")
		toText(step, "version")
	}
	for _, param := range body.Get(wire.KeyParameters).Items() {
		for _, field := range param.Get(wire.KeyParams).Items() {
			toText(field, "value")
			for _, limit := range field.Get(wire.KeyLimits).Items() {
				toText(limit, "disable", "name", wire.KeyDisplayName)
			}
		}
	}
	for _, trigger := range body.Get(wire.KeyTriggers).Items() {
		for _, field := range trigger.Get(wire.KeyParameters).Items() {
			toText(field, "value")
		}
	}
}

// toText converts the scalar members called keys to strings.
func toText(object *jsontree.Value, keys ...string) {
	if object.Kind() != jsontree.KindObject {
		return
	}
	for _, key := range keys {
		switch v := object.Get(key); v.Kind() {
		case jsontree.KindBool, jsontree.KindNumber:
			object.Set(key, jsontree.String(v.Text()))
		}
	}
}

// toBool converts members called keys that contain "true" or "false", 1 or 0 to booleans.
func toBool(object *jsontree.Value, keys ...string) {
	if object.Kind() != jsontree.KindObject {
		return
	}
	for _, key := range keys {
		v := object.Get(key)
		if v.Kind() != jsontree.KindString && v.Kind() != jsontree.KindNumber {
			continue
		}
		switch strings.ToLower(v.Text()) {
		case "true", "1":
			object.Set(key, jsontree.Bool(true))
		case "false", "0":
			object.Set(key, jsontree.Bool(false))
		}
	}
}

// numbers writes every number in its shortest form.
func numbers(v *jsontree.Value, _ Modules) {
	canonical := func(m *jsontree.Value) (*jsontree.Value, bool) {
		if m.Kind() != jsontree.KindNumber {
			numbers(m, nil)
			return nil, false
		}
		text := jsontree.CanonicalNumber(m.Text())
		return jsontree.Number(text), text != m.Text()
	}
	for _, m := range v.Members() {
		if number, changed := canonical(m.Value); changed {
			v.Set(m.Key, number)
		}
	}
	items := v.Items()
	for i, item := range items {
		if number, changed := canonical(item); changed {
			items[i] = number
		}
	}
}

func lineEndings(body *jsontree.Value, _ Modules) {
	rewriteStrings(body, func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") })
}

// rewriteStrings passes every string in v through f, in place.
func rewriteStrings(v *jsontree.Value, f func(string) string) {
	for _, m := range v.Members() {
		if s, ok := m.Value.AsString(); ok {
			if t := f(s); t != s {
				v.Set(m.Key, jsontree.String(t))
			}
			continue
		}
		rewriteStrings(m.Value, f)
	}
	items := v.Items()
	for i, item := range items {
		if s, ok := item.AsString(); ok {
			if t := f(s); t != s {
				items[i] = jsontree.String(t)
			}
			continue
		}
		rewriteStrings(item, f)
	}
}

// knownWords are the members whose words the service knows, as they are written. Another word
// stays as it is.
var knownWords = map[string][]string{
	wire.KeyArch:            {"x86-64", "arm"},
	wire.KeyHostType:        {"devcloud", "custom_host"},
	wire.KeyBuildConfigType: {"ACTION", "YAML"},
	wire.KeyBuildType:       {"branch", "tag", "commitId"},
	"unit":                  {"hour", "minute"},
}

// spellWords writes the known words among the members called keys as they are written.
func spellWords(object *jsontree.Value, keys ...string) {
	for _, key := range keys {
		text, _ := object.Get(key).AsString()
		for _, word := range knownWords[key] {
			if word != text && strings.EqualFold(word, text) {
				object.Set(key, jsontree.String(word))
			}
		}
	}
}

func letterCase(body *jsontree.Value, _ Modules) {
	spellWords(body, wire.KeyArch, wire.KeyHostType, wire.KeyBuildConfigType)
	spellWords(body.Get(wire.KeyTimeout), "unit")
	if flavor, ok := body.Get(wire.KeyFlavor).AsString(); ok {
		body.Set(wire.KeyFlavor, jsontree.String(strings.ToLower(flavor)))
	}
	for _, scm := range body.Get(wire.KeySCMs).Items() {
		spellWords(scm, wire.KeyBuildType)
		if kind, ok := scm.Get(wire.KeySCMType).AsString(); ok {
			kind = strings.ToLower(kind)
			if kind == "repo" {
				kind = "codehub"
			}
			scm.Set(wire.KeySCMType, jsontree.String(kind))
		}
	}
}

func timeoutUnit(body *jsontree.Value, _ Modules) {
	timeout := body.Get(wire.KeyTimeout)
	if hours, ok := wire.TimeoutHours(timeout); ok {
		timeout.Set("limit", jsontree.String(strconv.FormatInt(hours, 10)))
		timeout.Set("unit", jsontree.String("hour"))
	}
}

func endpointKey(body *jsontree.Value, _ Modules) {
	for _, scm := range body.Get(wire.KeySCMs).Items() {
		old := scm.Get(wire.KeyEndpointIDAlt)
		if old == nil {
			continue
		}
		if scm.Get(wire.KeyEndPointID).IsEmpty() {
			scm.Set(wire.KeyEndPointID, old)
		}
		scm.Delete(wire.KeyEndpointIDAlt)
	}
}
