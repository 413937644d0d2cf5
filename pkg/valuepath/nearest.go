package valuepath

import "slices"

// Nearest returns p with the first name that is in none of paths replaced by the one that nearest
// chooses among the names there, "" if it chooses none.
func (p Path) Nearest(paths []string, nearest func(word string, among []string) string) string {
	segments := p.as
	if p.body != nil {
		segments = p.body
	}
	there := make([][]segment, 0, len(paths))
	for _, path := range paths {
		there = append(there, Own(path).as)
	}
	for i, s := range segments {
		var names []string
		for _, path := range there {
			if len(path) > i && path[i].kind == named {
				names = append(names, path[i].name)
			}
		}
		matching := slices.DeleteFunc(slices.Clone(there), func(path []segment) bool { return len(path) <= i || !s.matches(&path[i]) })
		if len(matching) > 0 {
			there = matching
			continue
		}
		if s.kind != named {
			return ""
		}
		near := nearest(s.name, names)
		if near == "" {
			return ""
		}
		better := slices.Clone(segments)
		better[i] = segment{name: near}
		return spell(better)
	}
	return ""
}
