package diff

import (
	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// ignored is what policy.ignore says about one job.
type ignored struct {
	whole    bool
	patterns []valuepath.Path
}

// IgnoresJob reports whether a policy lets nobody look at the jobs of a name.
func IgnoresJob(policy spec.Policy, name string) bool { return ignoredBy(policy, name).whole }

// IgnoreRules returns the fields that each rule of a policy leaves to others in
// the jobs of a name; none: the whole job.
func IgnoreRules(policy spec.Policy, name string) [][]string {
	var out [][]string
	for _, rule := range policy.Ignore {
		if doublestar.MatchUnvalidated(rule.Job, name) {
			out = append(out, rule.Fields)
		}
	}
	return out
}

func (p *Planner) ignoreFor(name string) ignored { return ignoredBy(p.in.Policy, name) }

func ignoredBy(policy spec.Policy, name string) ignored {
	var out ignored
	for _, fields := range IgnoreRules(policy, name) {
		if len(fields) == 0 {
			out.whole = true
		}
		for _, field := range fields {
			// Loading refuses what is no path.
			if pattern, err := valuepath.Parse(field); err == nil && pattern.IsAbout(name) {
				out.patterns = append(out.patterns, pattern)
			}
		}
	}
	return out
}

// matches reports whether a path, or something that it lies in, is ignored.
func (i ignored) matches(path string) bool {
	if len(i.patterns) == 0 {
		return false
	}
	own := valuepath.Own(path)
	for _, pattern := range i.patterns {
		if pattern.Covers(own) {
			return true
		}
	}
	return false
}
