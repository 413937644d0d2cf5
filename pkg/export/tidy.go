package export

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// serviceMembers are written only by the service, or identify the job.
var serviceMembers = append(wire.ServiceMembers(), wire.KeyJobID, wire.KeyJobName, wire.KeyProjectID)

// tidy returns a copy of a live body without what nobody would write: the service's own members,
// values that it fills in, nulls, and what follows from a code source's address.
func tidy(live *jsontree.Value, modules *catalog.Catalogue) *jsontree.Value {
	body := reduced(live, modules)
	wire.SpellTimeout(body)
	for _, key := range serviceMembers {
		body.Delete(key)
	}
	for _, scm := range body.Get(wire.KeySCMs).Items() {
		if old := scm.Get(wire.KeyEndpointIDAlt); old != nil {
			if scm.Get(wire.KeyEndPointID).IsEmpty() {
				scm.Set(wire.KeyEndPointID, old)
			}
			scm.Delete(wire.KeyEndpointIDAlt)
		}
	}
	for _, step := range body.Get(wire.KeySteps).Items() {
		if enable, ok := step.Get(wire.KeyEnable).AsBool(); ok && enable {
			step.Delete(wire.KeyEnable)
		}
		dropFilled(step, step.Get(wire.KeyProperties), modules)
	}
	for _, definition := range body.Get(wire.KeyParameters).Items() {
		// v3 shows the name in capitals (facts); a definition has it as it is created.
		if strings.EqualFold(definition.Str(wire.KeyName), wire.ParameterDefinition) {
			definition.Set(wire.KeyName, jsontree.String(wire.ParameterDefinition))
		}
	}
	unixLines(body)
	wire.DropEmpty(body)
	return body
}

// reduced returns a copy of a body, live or compiled, without what an export omits and a comparison
// cannot see: secrets in a step's properties, the service's notes of time, and what follows from a
// code source's address.
func reduced(body *jsontree.Value, modules *catalog.Catalogue) *jsontree.Value {
	c := withoutMoments(body, modules)
	for _, scm := range c.Get(wire.KeySCMs).Items() {
		dropDerived(scm)
	}
	for _, step := range c.Get(wire.KeySteps).Items() {
		for _, name := range secretProperties(step, modules) {
			step.Get(wire.KeyProperties).Delete(name)
		}
	}
	return c
}

// withoutMoments returns a copy of a body without the times that the service notes in it.
func withoutMoments(body *jsontree.Value, modules *catalog.Catalogue) *jsontree.Value {
	c := body.Clone()
	wire.DropMoments(c, func(moduleID, name string) bool { return modules.Module(moduleID).Property(name) != nil })
	return c
}

// secretProperties names the properties of a step that the catalogue says are
// secret.
func secretProperties(step *jsontree.Value, modules *catalog.Catalogue) []string {
	module := modules.Module(step.Str(wire.KeyModuleID))
	if module == nil {
		return nil
	}
	var names []string
	for _, m := range step.Get(wire.KeyProperties).Members() {
		if p := module.Property(m.Key); p != nil && p.Secret {
			names = append(names, m.Key)
		}
	}
	return names
}

// dropDerived removes from a code source what the service computes from its address and repo_id
// (facts: server-filled members), if the value is the computed one.
func dropDerived(scm *jsontree.Value) {
	url := strings.TrimSuffix(scm.Str(wire.KeyURL), ".git")
	at := strings.LastIndexAny(url, "/:")
	if at < 0 {
		return
	}
	if name, ok := scm.Get(wire.KeyRepoName).AsString(); ok && name == url[at+1:] {
		scm.Delete(wire.KeyRepoName)
	}
	group := url[:at]
	if group[strings.LastIndexAny(group, "/:")+1:] == scm.Str(wire.KeyGroupName) {
		scm.Delete(wire.KeyGroupName)
	}
	if id := scm.Str(wire.KeyRepoID); id != "" && strings.HasSuffix(scm.Str(wire.KeyWebURL), "/codehub/"+id+"/home") {
		scm.Delete(wire.KeyWebURL)
	}
}

// dropFilled removes the properties with values that the service fills in.
func dropFilled(step, properties *jsontree.Value, modules *catalog.Catalogue) {
	module := modules.Module(step.Str(wire.KeyModuleID))
	var filled []string
	for _, m := range properties.Members() {
		if m.Key == "preCondition" && m.Value.Text() == "SUCCESS" {
			filled = append(filled, m.Key)
			continue
		}
		if module == nil {
			continue
		}
		if p := module.Property(m.Key); p != nil && p.ServerFills && p.Default != nil && jsontree.Equal(p.Default, m.Value) {
			filled = append(filled, m.Key)
		}
	}
	for _, key := range filled {
		properties.Delete(key)
	}
}

// unixLines gives every text the line ends of a definition file. A text that contains \r\n all the
// same stays, because the comparison ignores line ends once.
func unixLines(v *jsontree.Value) {
	fix := func(v *jsontree.Value) *jsontree.Value {
		if s, ok := v.AsString(); ok && strings.Contains(s, "\r\n") && !strings.Contains(s, "\r\r\n") {
			return jsontree.String(strings.ReplaceAll(s, "\r\n", "\n"))
		}
		unixLines(v)
		return v
	}
	for _, m := range v.Members() {
		v.Set(m.Key, fix(m.Value))
	}
	if v.Kind() != jsontree.KindArray {
		return
	}
	items := slices.Clone(v.Items())
	for i := range items {
		items[i] = fix(items[i])
	}
	v.SetItems(items)
}
