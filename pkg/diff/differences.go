package diff

import "github.com/buildsync/buildsync/pkg/jsontree"

// Differences returns the paths at which a body that was read is not what an
// update to want leaves, by the comparison that Compute makes: what the service
// adds, fills in or writes in its own way is no difference. before is the body
// that was replaced, nil for a create; what it held and want does not must be
// gone. Sensitive values cannot be compared and never differ.
func Differences(live, want, before *jsontree.Value, modules Modules) []string {
	return pathsOf(differing(live, want, before, modules))
}

func differing(live, want, before *jsontree.Value, modules Modules) []Field {
	c := &comparison{live: live, declared: want, base: before, modules: modules}
	c.overlaid(ignoreNothing)
	return c.fields()
}

func pathsOf(fields []Field) []string {
	var paths []string
	for i := range fields {
		paths = append(paths, fields[i].Path)
	}
	return paths
}

// TemplateDifferences is Differences for a template's item that was read and
// the body that was sent.
func TemplateDifferences(have, want *jsontree.Value, modules Modules) []string {
	return Differences(flatTemplate(have), flatTemplate(want), nil, modules)
}

// TemplateFingerprint is Fingerprint for a template, as sent or as read.
func TemplateFingerprint(body *jsontree.Value, modules Modules) string {
	return Fingerprint(flatTemplate(body), modules)
}

func ignoreNothing(string) bool { return false }
