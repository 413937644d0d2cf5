package compile

import "strings"

// recorded is the origin of one value. A unit lists them in order; for equal paths the last counts.
type recorded struct {
	path string
	Provenance
}

// note records the origin of the value at path in the body.
func (u *unit) note(path string, p Provenance) {
	u.recorded = append(u.recorded, recorded{path, p})
}

func provenanceOf(list []recorded) map[string]Provenance {
	m := make(map[string]Provenance, len(list))
	for i := range list {
		m[list[i].path] = list[i].Provenance
	}
	return m
}

// namePlaces is provenanceOf for the name and the former names alone.
func namePlaces(list []recorded) map[string]Provenance {
	m := map[string]Provenance{}
	for i := range list {
		if path := list[i].path; path == "job_name" || strings.HasPrefix(path, "renamed_from") {
			m[path] = list[i].Provenance
		}
	}
	return m
}

// emptied clears list so that its backing array can be reused.
func emptied(list []recorded) []recorded {
	clear(list)
	return list[:0]
}
