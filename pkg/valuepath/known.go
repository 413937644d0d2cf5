package valuepath

import "slices"

// members lists the members of a body at places where all are known. "extra" may add others to a
// job, so a path is also known if a definition declares it.
var members = map[string][]string{
	"": {
		"arch", "auto_update_sub_module", "build_config_type", "build_if_code_updated", "enabled", "flavor", "group_id", "host_type",
		"job_name", "notifications", "parameters", "scms", "steps", "timeout", "triggers",
		"adopt", "id", "labels", "owner", "protect", "renamed_from",
	},
	"notifications": {"events", "param_config"},
	"parameters":    {"defaultValue", "defaults", "deletion", "description", "limits", "name", "sensitiveVar", "staticVar", "type"},
	"scms": {
		"branch", "build_type", "depth", "enable_git_lfs", "end_point_id", "group_name", "is_auto_build", "repo_id", "repo_name",
		"scm_type", "source", "url", "web_url",
	},
	"steps":    stepMembers,
	"timeout":  {"limit", "unit"},
	"triggers": {"name", "parameters"},
}

// Unknown returns the name in p that no job's body can have, and the names allowed there; ok is
// false if every name is known or free.
func (p Path) Unknown() (name string, known []string, ok bool) {
	segments := p.as
	if p.body != nil {
		segments = p.body
	}
	if len(segments) == 0 || segments[0].kind != named {
		return "", nil, false
	}
	if !knows("", segments[0]) {
		return segments[0].name, members[""], true
	}
	at := 2
	if segments[0].name == "timeout" {
		at = 1
	}
	if len(segments) > at && segments[at].kind == named && !knows(segments[0].name, segments[at]) {
		if list := members[segments[0].name]; list != nil {
			return segments[at].name, list, true
		}
	}
	return "", nil, false
}

// Words returns the names of p in the API's words, "" for what p leaves open and for the numbers of
// items.
func (p Path) Words() []string {
	var names []string
	for _, s := range p.segments() {
		name := ""
		if s.kind == named && !hasStar(s.name) {
			name = s.name
		}
		names = append(names, name)
	}
	return names
}

func knows(list string, s segment) bool {
	return slices.ContainsFunc(members[list], func(name string) bool { return Glob(s.name, name) })
}

// CanBeLive reports whether p, which matches nothing declared, may match something of a live job
// that a plan would remove: an item of a list that the definitions own, or a property of a declared
// step. declared reports whether the definitions declare the value of a path.
func (p Path) CanBeLive(declared func(Path) bool) bool {
	segments := p.as
	if p.body != nil {
		segments = p.body
	}
	if len(segments) == 0 || segments[0].kind != named {
		return false
	}
	owned := Path{as: segments[:1]}
	switch segments[0].name {
	case "steps":
		if len(segments) == 4 && segments[2].name == "properties" {
			return declared(Path{as: segments[:2]})
		}
		return len(segments) == 2 && declared(owned)
	case "parameters", "scms", "triggers":
		return len(segments) == 2 && declared(owned) || len(segments) == 3 && declared(Path{as: segments[:2]})
	}
	return false
}
