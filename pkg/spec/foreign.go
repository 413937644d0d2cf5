package spec

import (
	"github.com/buildsync/buildsync/pkg/sanitize"

	"github.com/buildsync/buildsync/pkg/remedy"
)

// ForeignKind is the kind of a file that a person may take for a definition file.
type ForeignKind string

// The recognised kinds.
const (
	ForeignBuildYML   ForeignKind = "a CodeArts build.yml"
	ForeignBuildFlow  ForeignKind = "a CodeArts build.yml of several jobs"
	ForeignAPIBody    ForeignKind = "a job as the API returns it"
	ForeignGitHub     ForeignKind = "a GitHub Actions workflow"
	ForeignGitLab     ForeignKind = "a GitLab CI pipeline"
	ForeignJenkins    ForeignKind = "a Jenkinsfile"
	ForeignKubernetes ForeignKind = "a Kubernetes manifest"
	ForeignAnsible    ForeignKind = "an Ansible playbook"
	ForeignPreCommit  ForeignKind = "a configuration of pre-commit"
	ForeignJob        ForeignKind = "a job without jobs: above it"
	ForeignModules    ForeignKind = "a file of step modules"
	ForeignWorkspace  ForeignKind = "a workspace file"
	ForeignPolicies   ForeignKind = "a file of policies"
)

// Foreign recognises a file of another tool. root is what ParseFile made of text, nil if it is not
// YAML. The kind is "" for a definition file, even a broken one, and for an unknown file.
func Foreign(root *Node, text []byte) ForeignKind {
	switch {
	case IsDefinitions(root):
		return ""
	case (root == nil || root.Kind == ScalarNode) && isJenkinsfile(text):
		return ForeignJenkins
	case root == nil:
		return ""
	case root.Kind == SequenceNode:
		if len(root.Items) > 0 && (root.Items[0].Get("hosts") != nil || root.Items[0].Get("tasks") != nil) {
			return ForeignAnsible
		}
		return ""
	case root.Kind != MappingNode:
		return ""
	}
	for _, candidate := range []struct {
		kind ForeignKind
		is   func(*Node) bool
	}{
		{ForeignKubernetes, func(n *Node) bool { return n.Str("apiVersion") != "" && n.Str("kind") != "" }},
		{ForeignGitHub, isWorkflow},
		{ForeignPreCommit, func(n *Node) bool { return isList(n.Get("repos")) }},
		{ForeignAPIBody, func(n *Node) bool { return apiBody(n) != nil }},
		{ForeignBuildFlow, isBuildFlow},
		{ForeignBuildYML, isBuildYML},
		{ForeignGitLab, isPipeline},
		{ForeignModules, func(n *Node) bool { return isList(n.Get("modules")) }},
		{ForeignPolicies, func(n *Node) bool { return isList(n.Get("policies")) && n.Get("projects") == nil }},
		{ForeignWorkspace, func(n *Node) bool { return n.Get("projects") != nil && n.Get("steps") == nil }},
		{ForeignJob, isBareJob},
	} {
		if candidate.is(root) {
			return candidate.kind
		}
	}
	return ""
}

// IsDefinitions reports whether a file declares definitions: it has a version of its own, and jobs,
// templates or removed jobs.
func IsDefinitions(root *Node) bool {
	if root == nil || root.Kind != MappingNode || root.Str("version") != "1" {
		return false
	}
	for _, key := range []string{"jobs", "families", "templates", "fragments", "removed"} {
		if v := root.Get(key); v != nil && v.Kind != MappingNode {
			return true
		}
	}
	return false
}

// hint returns what to do with a foreign file called name.
func (k ForeignKind) hint(name string) string {
	switch k {
	case ForeignBuildYML, ForeignAPIBody:
		return string(remedy.Import(sanitize.Line(name, 200)))
	case ForeignBuildFlow:
		return "import the build.yml of each of its jobs, which build_ref names"
	case ForeignJob:
		return `write "version: 1" and "jobs:" above it, and the job as an item of that list: "- name: …"`
	case ForeignPolicies:
		return "name it under policies: in buildsync.yaml, and move it out of the folders that definitions: names"
	case ForeignModules:
		return "name it under modules: in buildsync.yaml, and move it out of the folders that definitions: names"
	}
	return "move it out of the folders that definitions: names, or narrow those patterns in buildsync.yaml"
}

func isList(n *Node) bool { return n != nil && n.Kind == SequenceNode }

func isMap(n *Node) bool { return n != nil && n.Kind == MappingNode }

// apiBody returns the job of an API body: n itself, or its result member if n is a whole answer. It
// returns nil if n is neither.
func apiBody(n *Node) *Node {
	if !isMap(n) {
		return nil
	}
	if result := n.Get("result"); isMap(result) {
		n = result
	}
	if n.Get("job_name") == nil || n.Get("jobs") != nil || n.Get("steps") == nil && n.Get("arch") == nil && n.Get("job_id") == nil {
		return nil
	}
	return n
}

// isBuildFlow recognises the form that starts several builds, each with a build.yml of its own.
func isBuildFlow(n *Node) bool {
	return isVersion2(n) && (n.Get("buildflow") != nil || isMap(n.Get("jobs")))
}

func isVersion2(n *Node) bool { return n.Str("version") == "2.0" || n.Str("version") == "2" }

// isBuildYML recognises the documented form: version 2.0, with steps in phases.
func isBuildYML(n *Node) bool {
	steps := n.Get("steps")
	if isMap(steps) {
		for _, phase := range []string{"PRE_BUILD", "BUILD", "POST_BUILD"} {
			if steps.Get(phase) != nil {
				return true
			}
		}
	}
	return n.Get("jobs") == nil && isVersion2(n) && (steps != nil || n.Get("params") != nil || n.Get("env") != nil)
}

func isWorkflow(n *Node) bool {
	if !isMap(n.Get("jobs")) {
		return false
	}
	for _, job := range n.Get("jobs").Fields {
		if job.Value.Get("runs-on") != nil || job.Value.Get("uses") != nil {
			return true
		}
	}
	return n.Get("on") != nil
}

// isPipeline recognises GitLab jobs at the top level of a file.
func isPipeline(n *Node) bool {
	if n.Get("jobs") != nil || n.Get("name") != nil {
		return false
	}
	for _, f := range n.Fields {
		if isMap(f.Value) && (f.Value.Get("script") != nil || f.Value.Get("extends") != nil || f.Value.Get("trigger") != nil) {
			return true
		}
	}
	return isList(n.Get("stages")) || isList(n.Get("include"))
}

// isBareJob recognises a mapping that belongs into the list jobs.
func isBareJob(n *Node) bool {
	for _, key := range []string{"jobs", "families", "templates", "fragments", "removed", "job", "family", "template", "fragment"} {
		if n.Get(key) != nil {
			return false
		}
	}
	for _, key := range []string{"steps", "scms", "parameters", "arch", "flavor", "notifications", "triggers", "matrix"} {
		if n.Get(key) != nil {
			return true
		}
	}
	return n.Get("name") != nil && n.Get("version") != nil
}

// jenkins matches the first statement of a Jenkinsfile.
var jenkins = pattern(`^(@Library\b|pipeline\s*\{|node\s*(\([^)]*\)\s*)?\{|properties\s*\(\s*\[|import [\w.]+\n)`)

// jenkinsComment matches what may be before it.
var jenkinsComment = pattern(`^(\s+|#![^\n]*\n|//[^\n]*(\n|$)|(?s:/\*.*?\*/))+`)

func isJenkinsfile(text []byte) bool {
	text = text[len(jenkinsComment().Find(text)):]
	return jenkins().Match(text)
}
