package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// Defaults of the workspace file.
const (
	defaultDefinitions     = "definitions/**/*.y{a,}ml"
	defaultMaxRemovals     = 3
	defaultMaxRemovalShare = 0.25
)

// LoadWorkspace reads only buildsync.yaml and applies an environment to it. The workspace is nil if
// the file is not readable YAML or the environment is unknown.
func LoadWorkspace(tree Tree, opts Options) (*Workspace, Diagnostics) {
	text, err := readNamed(tree, WorkspaceFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Diagnostics{{
			Rule: "unreadable-file", Severity: Error, Range: Range{Start: Pos{File: WorkspaceFile}},
			Message: fmt.Sprintf("there is no %s in %s", WorkspaceFile, tree.Describe()),
			Hint:    string(remedy.WriteWorkspace),
		}}
	}
	if err != nil {
		return nil, Diagnostics{unreadableFile(WorkspaceFile, err)}
	}
	root, found := ParseFile(WorkspaceFile, text)
	if root == nil {
		return nil, found
	}
	out := &report{file: WorkspaceFile, root: root, found: found}
	if root.IsNull() {
		out.errorf("missing-key", root.Range, `write "version: 1"`, "the file is empty")
		return nil, out.done()
	}
	check(workspaceSchema, root, out)
	refuseReferences(root, out)
	if root.Kind != MappingNode {
		return nil, out.done()
	}
	effective, known := withEnvironment(root, opts.Environment, out)
	if !known {
		return nil, out.done()
	}
	workspace := decodeWorkspace(root, effective)
	workspace.Environment = opts.Environment
	checkDefaultProject(workspace, effective, out)
	checkIgnoredPaths(effective, out)
	checkSources(effective, out)
	return workspace, out.done()
}

// Environments lists the environments that the workspace declares, in order.
func (w *Workspace) Environments() []string { return keyTexts(w.Root.Get("environments")) }

// withEnvironment lays an environment's overrides over the file.
func withEnvironment(root *Node, name string, out *report) (effective *Node, known bool) {
	if name == "" {
		return root, true
	}
	environments := root.Get("environments")
	over := environments.Get(name)
	if over == nil {
		where, hint := root.Range, "the workspace declares no environments"
		if key := root.Key("environments"); key != nil {
			where = key.Range
		} else {
			where.End = where.Start
		}
		if names := keyTexts(environments); len(names) > 0 {
			if hint = DidYouMean(name, names); hint == "" {
				hint = "known here: " + shortList(names)
			}
		}
		out.errorf("unknown-environment", where, hint, "environment %s is not declared", quoted(name))
		return nil, false
	}
	if over.Kind != MappingNode {
		return root, true
	}
	refuseMixed(root, over, "environments."+name, behindVars(root, over), out)
	return overlay(root, over, name), true
}

// refuseMixed reports a reference that an environment lays over a mapping, or the other way round:
// only the compiler knows what is behind it, and mappings are merged before.
func refuseMixed(base, over *Node, path string, isMapping func(*Node) bool, out *report) {
	if base.Kind != MappingNode && over.Kind != MappingNode && (base.Text == over.Text || !isMapping(base) || !isMapping(over)) {
		return
	}
	if base.Kind == MappingNode && over.Kind == MappingNode {
		for _, f := range over.Fields {
			if below := base.Get(f.Key.Text); below != nil {
				refuseMixed(below, f.Value, path+"."+f.Key.Text, isMapping, out)
			}
		}
		return
	}
	if base.Reference() != "" || over.Reference() != "" {
		out.add(Diagnostic{Rule: "expression", Severity: Error, Range: over.Range, Pointer: path,
			Message: "an environment cannot merge a reference with a mapping", Hint: "write both as mappings, or let the environment change the variable",
			Related: []Related{{Range: base.Range, Message: "the value for all environments is here"}}})
	}
}

// behindVars reports whether a reference names a variable that holds a mapping.
func behindVars(root, over *Node) func(*Node) bool {
	return func(n *Node) bool {
		name, isVar := strings.CutPrefix(n.Reference(), "vars.")
		for _, in := range []*Node{over, root} {
			if value := in.Get("vars").Get(name); isVar && value != nil {
				return value.Kind == MappingNode
			}
		}
		return false
	}
}

// refuseReferences reports references in buildsync.yaml that are never resolved: only vars and
// defaults may have them.
func refuseReferences(root *Node, out *report) {
	if root.Kind != MappingNode {
		return
	}
	for _, f := range root.Fields {
		switch key := f.Key.Text; {
		case key == "vars" || key == "defaults" || strings.HasPrefix(key, "x-"):
		case key == "environments" && f.Value.Kind == MappingNode:
			for _, environment := range f.Value.Fields {
				refuseReferences(environment.Value, out)
			}
		default:
			refuseReferencesIn(f.Value, key, out)
		}
	}
}

func refuseReferencesIn(n *Node, key string, out *report) {
	if n.Kind == ScalarNode && n.Type == StringType && strings.Contains(n.Text, ReferenceStart) {
		out.errorf("expression", n.Range, "write the value itself; values that differ between environments go under environments", "references are not resolved in %s", key)
	}
	for _, f := range n.Fields {
		refuseReferencesIn(f.Key, key, out)
		refuseReferencesIn(f.Value, key, out)
	}
	for _, item := range n.Items {
		refuseReferencesIn(item, key, out)
	}
}

func keyTexts(n *Node) []string {
	if n == nil {
		return nil
	}
	texts := make([]string, 0, len(n.Fields))
	for _, field := range n.Fields {
		texts = append(texts, field.Key.Text)
	}
	return texts
}

// overlay merges over into base: mappings key by key, everything else is replaced. The Origin of
// each value from over names the environment.
func overlay(base, over *Node, environment string) *Node {
	if base == nil || base.Kind != MappingNode || over.Kind != MappingNode {
		return fromEnvironment(over, environment)
	}
	base, over = UnescapedPair(base, over)
	merged := *base
	merged.Fields = slices.Clone(base.Fields)
	for _, field := range over.Fields {
		i := slices.IndexFunc(merged.Fields, func(f Field) bool { return f.Key.Text == field.Key.Text })
		if i >= 0 {
			merged.Fields[i].Value = overlay(merged.Fields[i].Value, field.Value, environment)
		} else {
			merged.Fields = append(merged.Fields, Field{field.Key, fromEnvironment(field.Value, environment)})
		}
	}
	return &merged
}

// fromEnvironment copies a value and gives each copied node the environment as its origin.
func fromEnvironment(n *Node, environment string) *Node {
	marked := *n
	marked.Origin = &Origin{Kind: FromEnvironment, Name: environment, Pos: n.Range.Start, From: n.Origin}
	marked.Fields, marked.Items = nil, nil
	for _, field := range n.Fields {
		marked.Fields = append(marked.Fields, Field{field.Key, fromEnvironment(field.Value, environment)})
	}
	for _, item := range n.Items {
		marked.Items = append(marked.Items, fromEnvironment(item, environment))
	}
	return &marked
}

// decodeWorkspace reads the values that have the right type; the others have been reported.
func decodeWorkspace(root, n *Node) *Workspace {
	w := &Workspace{
		Root: root, Region: n.Str("region"), Default: n.Str("default_project"),
		Definitions: textItems(n.Get("definitions")), Projects: map[string]Project{}, Vars: map[string]*Node{},
		JobDefaults: ofKind(n.Get("defaults").Get("job"), MappingNode),
		Modules:     ofKind(n.Get("modules"), ScalarNode), Lint: ofKind(n.Get("lint"), MappingNode),
		Policy: decodePolicy(n.Get("policy")), Sources: decodeSources(n.Get("sources")),
	}
	if len(w.Definitions) == 0 {
		w.Definitions = []string{defaultDefinitions}
	}
	if one := ofKind(n.Get("policies"), ScalarNode); one != nil {
		w.Policies = []string{one.Text}
	} else if w.Policies = textItems(n.Get("policies")); n.Get("policies") == nil {
		w.Policies = []string{defaultPolicies}
		for i := range w.Sources {
			w.Policies = append(w.Policies, w.Sources[i].Folder()+"/"+defaultPolicies)
		}
	}
	if projects := ofKind(n.Get("projects"), MappingNode); projects != nil {
		for _, field := range projects.Fields {
			alias := field.Key.Text
			w.Projects[alias] = Project{Alias: alias, ID: projects.Str(alias), Pos: field.Value.Range.Start}
		}
	}
	if vars := ofKind(n.Get("vars"), MappingNode); vars != nil {
		for _, field := range vars.Fields {
			w.Vars[field.Key.Text] = field.Value
		}
	}
	if secrets := ofKind(n.Get("secrets"), SequenceNode); secrets != nil {
		for _, item := range secrets.Items {
			if item.Kind == ScalarNode && item.Type == StringType {
				w.Secrets = append(w.Secrets, item)
			}
		}
	}
	return w
}

func decodePolicy(n *Node) Policy {
	p := Policy{OnRemove: "keep", MaxRemovals: defaultMaxRemovals, MaxRemovalShare: defaultMaxRemovalShare, Drift: "revert"}
	if text := n.Str("on_remove"); text != "" {
		p.OnRemove = text
	}
	if text := n.Str("drift"); text != "" {
		p.Drift = text
	}
	if limit := n.Get("max_removals"); limit != nil && typeOf(limit) == typeInteger {
		p.MaxRemovals = int(numberOf(limit).Num().Int64())
	}
	if share := n.Get("max_removal_share"); share != nil && typeOf(share)&(typeInteger|typeNumber) != 0 {
		p.MaxRemovalShare, _ = numberOf(share).Float64()
	}
	if list := ofKind(n.Get("ignore"), SequenceNode); list != nil {
		for _, item := range list.Items {
			if item.Kind == MappingNode {
				p.Ignore = append(p.Ignore, Ignore{
					Job: item.Str("job"), Fields: textItems(item.Get("fields")), Reason: item.Str("reason"), Pos: item.Range.Start,
				})
			}
		}
	}
	return p
}

// ofKind returns n if it is of the kind, else nil.
func ofKind(n *Node, kind NodeKind) *Node {
	if n == nil || n.Kind != kind || n.IsNull() {
		return nil
	}
	return n
}

func textItems(n *Node) []string {
	if ofKind(n, SequenceNode) == nil {
		return nil
	}
	var list []string
	for _, item := range n.Items {
		if item.Kind == ScalarNode && !item.IsNull() {
			list = append(list, item.Text)
		}
	}
	return list
}

// checkIgnoredPaths refuses invalid paths under policy.ignore. Otherwise buildsync would overwrite
// the field that such a path should protect.
func checkIgnoredPaths(n *Node, out *report) {
	list := ofKind(n.Get("policy").Get("ignore"), SequenceNode)
	if list == nil {
		return
	}
	for _, rule := range list.Items {
		fields := ofKind(rule.Get("fields"), SequenceNode)
		if fields == nil {
			continue
		}
		for _, field := range fields.Items {
			if _, err := valuepath.Parse(field.Text); err != nil && field.Kind == ScalarNode && !field.IsNull() {
				out.errorf("wrong-type", field.Range, "write it as a plan prints it, such as steps[\"Build\"].properties.command", "%s", err)
			}
		}
	}
}

func checkDefaultProject(w *Workspace, n *Node, out *report) {
	if _, known := w.Projects[w.Default]; known || w.Default == "" {
		return
	}
	hint := DidYouMean(w.Default, slices.Sorted(maps.Keys(w.Projects)))
	out.errorf("project-unknown", n.Get("default_project").Range, hint, "default_project %s is not an alias under projects", quoted(w.Default))
}
