package emulator

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// checker collects the first error in a request body, with its place.
type checker struct {
	err   error
	loose bool // accepts parameters without names and with equal names
}

func (c *checker) fail(format string, args ...any) {
	if c.err == nil {
		c.err = invalid(format+".", args...)
	}
}

// need checks a mandatory member and its kind; an empty text counts as missing.
func (c *checker) need(at string, in *jsontree.Value, key string, kind jsontree.Kind) *jsontree.Value {
	v := in.Get(key)
	switch {
	case v.IsAbsentOrNull(), kind == jsontree.KindString && v.Text() == "" && v.Kind() == kind:
		c.fail("%s is mandatory", join(at, key))
	case v.Kind() != kind:
		c.fail("%s must be of type %s, not %s", join(at, key), kind, v.Kind())
	}
	return v
}

// may checks the kind of members that can be absent or null.
func (c *checker) may(at string, in *jsontree.Value, kind jsontree.Kind, keys ...string) {
	for _, key := range keys {
		if v := in.Get(key); !v.IsAbsentOrNull() && v.Kind() != kind {
			c.fail("%s must be of type %s, not %s", join(at, key), kind, v.Kind())
		}
	}
}

// oneOf checks a text member against the known values.
func (c *checker) oneOf(in *jsontree.Value, key string, values ...string) {
	if s, ok := in.Get(key).AsString(); ok && s != "" && !slices.Contains(values, s) {
		c.fail("%s must be one of %s", key, strings.Join(values, ", "))
	}
}

// each walks the objects of an optional array.
func (c *checker) each(at string, in *jsontree.Value, key string, item func(at string, v *jsontree.Value)) {
	c.may(at, in, jsontree.KindArray, key)
	for i, v := range in.Get(key).Items() {
		place := fmt.Sprintf("%s[%d]", join(at, key), i)
		if v.Kind() != jsontree.KindObject {
			c.fail("%s must be of type object, not %s", place, v.Kind())
			continue
		}
		item(place, v)
	}
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

// parameterForm is wire.IsParameterName as answers print it.
const parameterForm = `^[A-Za-z0-9_]{1,128}$`

// checkJob checks a job body against tables 4-152 to 4-157 of the API reference.
func (e *Emulator) checkJob(body *jsontree.Value) error {
	c := &checker{loose: e.quirks.LooseParameters}
	c.need("", body, "arch", jsontree.KindString)
	c.need("", body, "project_id", jsontree.KindString)
	name := c.need("", body, "job_name", jsontree.KindString)
	c.need("", body, "steps", jsontree.KindArray)
	if c.err == nil && !wire.IsJobName(name.Text()) {
		c.fail("job_name must be 1 to 115 letters, Chinese characters, digits, _ or -")
	}
	c.oneOf(body, "arch", "x86-64", "arm")
	c.may("", body, jsontree.KindString, "auto_update_sub_module", "flavor", "host_type", "build_config_type", "group_id")
	c.oneOf(body, "auto_update_sub_module", "true", "false")
	c.oneOf(body, "build_config_type", "ACTION", "YAML")
	c.may("", body, jsontree.KindBool, "build_if_code_updated")
	c.each("", body, "steps", func(at string, v *jsontree.Value) { c.step(at, v, true) })
	c.each("", body, "scms", c.scm)
	c.parameters(body)
	c.each("", body, "triggers", c.trigger)
	c.may("", body, jsontree.KindObject, "timeout")
	return c.err
}

// step checks one step; in templates its name is optional.
func (c *checker) step(at string, step *jsontree.Value, named bool) {
	c.need(at, step, "module_id", jsontree.KindString)
	if named {
		c.need(at, step, "name", jsontree.KindString)
	}
	c.may(at, step, jsontree.KindString, "name", "version")
	c.may(at, step, jsontree.KindObject, "properties")
	c.may(at, step, jsontree.KindBool, "enable")
}

func (c *checker) scm(at string, scm *jsontree.Value) {
	c.need(at, scm, "url", jsontree.KindString)
	c.need(at, scm, "scm_type", jsontree.KindString)
	c.may(at, scm, jsontree.KindBool, "is_auto_build", "enable_git_lfs")
	c.may(at, scm, jsontree.KindString, "branch", "repo_id", "web_url", "build_type", "depth",
		"end_point_id", "endpoint_id", "source", "group_name", "repo_name")
}

func (c *checker) trigger(at string, trigger *jsontree.Value) {
	c.need(at, trigger, "name", jsontree.KindString)
	c.need(at, trigger, "parameters", jsontree.KindArray)
	c.each(at, trigger, "parameters", func(at string, p *jsontree.Value) {
		c.need(at, p, "name", jsontree.KindString)
		c.may(at, p, jsontree.KindString, "value")
	})
}

// parameters checks the definitions of a body and their names for duplicates.
func (c *checker) parameters(body *jsontree.Value) {
	seen := map[string]bool{}
	c.each("", body, "parameters", func(at string, definition *jsontree.Value) {
		c.may(at, definition, jsontree.KindString, "name")
		c.each(at, definition, "params", func(at string, p *jsontree.Value) {
			c.may(at, p, jsontree.KindString, "name", "value")
			c.each(at, p, "limits", func(at string, l *jsontree.Value) {
				c.may(at, l, jsontree.KindString, "disable", "name", "display_name")
			})
		})
		c.parameter(at, definition, seen)
	})
}

func (c *checker) parameter(at string, definition *jsontree.Value, seen map[string]bool) {
	name := paramField(definition, "name")
	switch {
	case c.loose && (name == "" || seen[name]):
	case !wire.IsParameterName(name):
		c.fail("%s: the parameter's name must be 1 to 128 letters, digits or _", at)
	case slices.Contains(wire.ReservedParameters, name):
		c.fail("%s: the parameter's name %s is reserved", at, name)
	case seen[name]:
		c.fail("%s: the parameter %s is repeated", at, name)
	}
	seen[name] = true
	value := paramField(definition, "defaultValue")
	if utf8.RuneCountInString(value) > wire.MaxDefault {
		c.fail("%s: defaultValue is longer than %d characters", at, wire.MaxDefault)
	}
	for _, forbidden := range []string{"{{", "{%", "{#"} {
		if strings.Contains(value, forbidden) {
			c.fail("%s: defaultValue must not contain %s", at, forbidden)
		}
	}
}

// paramField returns the value of one field of a parameter definition.
func paramField(definition *jsontree.Value, field string) string {
	return param(definition, field).Str("value")
}

// param returns the entry of a definition's params called field.
func param(definition *jsontree.Value, field string) *jsontree.Value {
	for _, p := range definition.Get("params").Items() {
		if p.Str("name") == field {
			return p
		}
	}
	return nil
}
