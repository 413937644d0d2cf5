package lint

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// jobFields checks the fields of a job with a fixed set of values: arch, flavor, host-type,
// config-type (reference 4.18).
func (p *pass) jobFields(u *unit) {
	if u.kind == templateUnit || u.kind == fragmentUnit {
		return
	}
	p.enumeration(u, "arch", "arch", "arch", []string{"x86-64", "arm"})
	p.enumeration(u, "host_type", "host-type", "host type", p.config.tables.hostTypes)
	p.enumeration(u, "build_config_type", "config-type", "build config type", []string{"ACTION", "YAML"})
	p.flavor(u)
	p.configType(u)
}

// enumeration reports a value that is not one of the words. A difference only in spelling gets a
// fix.
func (p *pass) enumeration(u *unit, key, rule, what string, words []string) {
	for _, v := range u.values(u.node.Get(key)) {
		if slices.Contains(words, v.text) {
			continue
		}
		d := p.report(rule, v.node.Range, u.pointer+"."+key, "unknown "+what+" "+quoted(v.text), spec.DidYouMeanOneOf(v.text, words))
		if near := spec.Nearest(v.text, words); near != "" && v.node.Text == v.text {
			d.Fixes = p.replace(v.node.Range, near, "write "+near, unsafeFix)
		}
	}
}

// customFlavor matches sizes that a project may define.
var customFlavor = pattern(`(?i)^[1-9][0-9]{0,2}u[1-9][0-9]{0,3}g$`)

func (p *pass) flavor(u *unit) {
	known := p.config.tables.flavors
	for _, v := range u.values(u.node.Get("flavor")) {
		if slices.ContainsFunc(known, func(f string) bool { return strings.EqualFold(f, v.text) }) {
			continue
		}
		hint := spec.DidYouMeanOneOf(v.text, known)
		if customFlavor().MatchString(v.text) {
			hint = strings.TrimSpace(hint + " If your project has it, add it to lint.tables.flavors")
		}
		p.report("flavor", v.node.Range, u.pointer+".flavor", "unknown flavor "+quoted(v.text), hint)
	}
}

// configType reports steps with YAML, and no steps with ACTION.
func (p *pass) configType(u *unit) {
	if u.kind != jobUnit {
		return
	}
	steps, field := u.node.Get("steps"), u.node.Get("build_config_type")
	has := steps != nil && len(steps.Items) > 0
	for _, v := range u.values(field) {
		switch {
		case v.text == "YAML" && has:
			d := p.report("config-type", u.node.Key("steps").Range, u.pointer+".steps",
				"this job has steps, but takes its steps from build.yml", "remove steps, or write build_config_type: ACTION")
			d.Related = []spec.Related{{Range: v.node.Range, Message: "build_config_type: YAML is set here"}}
		case v.text == "ACTION" && !has && u.template == nil && u.inherited("steps") == nil:
			p.report("config-type", v.node.Range, u.pointer+".steps", "a job with build_config_type: ACTION needs steps, and this one has none",
				"add steps, use a template, or write build_config_type: YAML")
		}
	}
}
