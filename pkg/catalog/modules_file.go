package catalog

import (
	"fmt"

	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Decode reads a workspace's modules file:
//
//	version: 1
//	modules:
//	  - module_id: devcloud2018.codeci_action_20099.action
//	    name: Build with Gradle
//	    actions: [gradle]               # a word, or {word, confidence, source}
//	    confidence: harvested
//	    sources: [job shop/gradle-lib]
//	    properties:
//	      command: {type: string, required: true}
//	      image: {type: string, example: gradle7.6-jdk17}
//	    inputs:
//	      tasks: command                # a property's name, or {property, values, note, confidence, source}
//
// A property may carry every key of the shipped files: type, description,
// confidence, source, example, default, default_basis, normalise: boolish,
// required, required_source, server_fills, secret, items. name is the file's
// name in the findings.
func Decode(name string, source []byte) ([]*Module, spec.Diagnostics) {
	root, diags := spec.ParseFile(name, source)
	d := decoder{diags: diags}
	if root == nil {
		return nil, d.diags
	}
	if !d.isMapping(root, "the modules file", "version", "modules") {
		return nil, d.diags
	}
	if v := root.Get("version"); v == nil || v.Text != "1" {
		at := v
		if at == nil {
			at = root
		}
		d.report(at, "version", "a modules file begins with version: 1", "")
	}
	list := root.Get("modules")
	if list == nil || list.IsNull() {
		return nil, d.diags
	}
	if list.Kind != spec.SequenceNode {
		d.report(list, "modules", "modules must be a list", "")
		return nil, d.diags
	}
	var modules []*Module
	seen := map[string]*spec.Node{}
	words := map[string]*spec.Node{}
	for i, item := range list.Items {
		d.at = fmt.Sprintf("modules[%d]", i)
		m := d.module(item)
		if m == nil || m.ID == "" {
			continue
		}
		d.once(seen, m.ID, item.Get("module_id"), "module_id")
		for _, a := range m.Actions {
			d.once(words, a.Word, item.Get("actions"), "actions")
		}
		modules = append(modules, m)
	}
	d.diags.Sort()
	return modules, d.diags
}

// WithModules returns a catalogue that also has the modules of a workspace's
// modules file; see Decode for its form. They win over c's.
func (c *Catalogue) WithModules(name string, source []byte) (*Catalogue, spec.Diagnostics) {
	modules, diags := Decode(name, source)
	return c.With(modules), diags
}

// once reports a text that two modules share.
func (d *decoder) once(seen map[string]*spec.Node, text string, n *spec.Node, key string) {
	first, twice := seen[text]
	if !twice {
		seen[text] = n
		return
	}
	d.report(n, key, fmt.Sprintf("%q is listed twice in this file", text), "")
	d.diags[len(d.diags)-1].Related = []spec.Related{{Range: first.Range, Message: "first here"}}
}

// ForWorkspace returns the shipped catalogue with the workspace's own modules
// file laid over it, where buildsync.yaml names one.
func ForWorkspace(set *spec.Set) (*Catalogue, spec.Diagnostics) {
	if set == nil || set.Workspace == nil || set.Workspace.Modules.IsNull() || set.Workspace.Modules == nil {
		return Default(), nil
	}
	named := set.Workspace.Modules
	source, err := set.Tree.ReadFile(named.Text, spec.MaxFileBytes)
	if err != nil {
		return Default(), spec.Diagnostics{{
			Rule: decodeRule, Severity: spec.Error, Range: named.Range, Pointer: "modules",
			Message: fmt.Sprintf("the modules file cannot be read: %v", err),
			Hint:    string(remedy.HarvestFile),
		}}
	}
	return Default().WithModules(named.Text, source)
}
