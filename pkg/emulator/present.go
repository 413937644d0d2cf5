package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// secretMask replaces a sensitive value.
const secretMask = "******"

// present converts a stored body to the form in which this service returns it. It changes body.
func (e *Emulator) present(body *jsontree.Value, api generation) *jsontree.Value {
	q := e.quirks
	for _, definition := range body.Get("parameters").Items() {
		e.presentParameter(definition, api)
	}
	if api == apiV3 {
		hideMembers(body, q.V3Hidden)
	}
	for _, scm := range body.Get("scms").Items() {
		if q.Nulls {
			setIfAbsent(scm, "end_point_id", jsontree.Null())
			setIfAbsent(scm, "source", jsontree.Null())
		}
		if id := scm.Get("end_point_id"); q.EndpointID && id != nil {
			scm.Delete("end_point_id")
			scm.Set("endpoint_id", id)
		}
	}
	for _, step := range body.Get("steps").Items() {
		if q.Nulls {
			setIfAbsent(step, "version", jsontree.Null())
			setIfAbsent(step, "enable", jsontree.Bool(true))
		}
		if q.TextBooleans {
			textBooleans(step.Get("properties"))
		}
		e.presentTexts(step)
	}
	if q.MovingFields {
		e.moveFields(body)
	}
	if q.Reordered {
		reverse(body.Get("parameters"))
	}
	if q.ExtraFields {
		addExtra(body)
	}
	if q.OtherCase {
		otherCase(body)
	}
	if q.BareObjects {
		bareObjects(body)
	}
	return body
}

// textBooleans prints as text the properties that were seen in both forms. The others stay, because
// tools may distinguish true and "true" there.
func textBooleans(properties *jsontree.Value) {
	for _, key := range []string{"ignoreTest", "junitCoverageSwitch", "ignore_fail", "uploadDirectory"} {
		if v := properties.Get(key); v.Kind() == jsontree.KindBool {
			properties.Set(key, str(v.Text()))
		}
	}
}

// addExtra adds the undocumented members that were seen in traffic.
func addExtra(body *jsontree.Value) {
	setIfAbsent(body, "domain_id", str(DefaultDomainID))
	setIfAbsent(body, "build_environment_type", jsontree.Null())
	setIfAbsent(body, "cluster_selected", jsontree.Bool(false))
	setIfAbsent(body, "actions", jsontree.Array())
	setIfAbsent(body, "source_code", str("codeci"))
	if limit := body.Get("timeout").Get("limit"); limit != nil {
		setIfAbsent(body, "limit_time", limit.Clone())
	}
	for _, definition := range body.Get("parameters").Items() {
		for _, field := range definition.Get("params").Items() {
			for i, option := range field.Get("limits").Items() {
				setIfAbsent(option, "sequence", num(i))
			}
		}
	}
}

func (e *Emulator) presentParameter(definition *jsontree.Value, api generation) {
	q := e.quirks
	setIfEmpty(definition, "name", definitionName)
	if q.UpperDefinition && api == apiV3 {
		definition.Set("name", str(strings.ToUpper(definition.Str("name"))))
	}
	if q.Nulls {
		for _, p := range definition.Get("params").Items() {
			setIfAbsent(p, "limits", jsontree.Null())
		}
	}
	if sensitive(definition) {
		if p := param(definition, "defaultValue"); !p.Get("value").IsEmpty() {
			p.Set("value", e.hidden(p.Str("value")))
		}
	}
	if q.Reordered {
		reverse(definition.Get("params"))
	}
}

// maskSecrets masks every sensitive value of a body.
func maskSecrets(body *jsontree.Value) {
	for _, definition := range body.Get("parameters").Items() {
		if p := param(definition, "defaultValue"); sensitive(definition) && !p.Get("value").IsEmpty() {
			p.Set("value", str(secretMask))
		}
	}
}

func sensitive(definition *jsontree.Value) bool {
	return wire.Parameter{Definition: definition}.IsSensitive()
}

// hidden returns the replacement of a sensitive value when it is read.
func (e *Emulator) hidden(value string) *jsontree.Value {
	switch e.quirks.Secrets {
	case SecretNull:
		return jsontree.Null()
	case SecretCiphertext:
		sum := sha256.Sum256([]byte("buildsync-emulator\x00" + value))
		return str("security:" + base64.StdEncoding.EncodeToString(sum[:]))
	default:
		return str(secretMask)
	}
}

func setIfAbsent(v *jsontree.Value, key string, value *jsontree.Value) {
	if v.Get(key) == nil {
		v.Set(key, value)
	}
}

func reverse(list *jsontree.Value) {
	if items := list.Items(); len(items) > 1 {
		turned := slices.Clone(items)
		slices.Reverse(turned)
		list.SetItems(turned)
	}
}
