package compile

import "strings"

// recorded is the origin of one value. A unit lists them in order; for equal paths the last counts.
type recorded struct {
	path, member string // member is "" for a value that is not a member of path
	Provenance
}

// whole returns the path of the value. Where nobody asks for places it is not made.
func (r *recorded) whole() string {
	if r.member == "" {
		return r.path
	}
	return r.path + "." + r.member
}

// note records the origin of the value at path in the body, or only counts the value if nobody asks
// for its place.
func (u *unit) note(path string, p Provenance) {
	if u.c.noPlaces && !isNamePlace(path) {
		u.unplaced++
		return
	}
	u.recorded = append(u.recorded, recorded{path: path, Provenance: p})
}

// isNamePlace reports whether path is that of a job's name or former names.
func isNamePlace(path string) bool {
	return path == "job_name" || strings.HasPrefix(path, "renamed_from")
}

// noteMember is note for a member of the value at path.
func (u *unit) noteMember(path, member string, p Provenance) {
	if u.c.noPlaces { // no name is a member
		u.unplaced++
		return
	}
	u.recorded = append(u.recorded, recorded{path, member, p})
}

func provenanceOf(list []recorded) map[string]Provenance {
	m := make(map[string]Provenance, len(list))
	for i := range list {
		m[list[i].whole()] = list[i].Provenance
	}
	return m
}

// emptied clears list so that its backing array can be reused.
func emptied(list []recorded) []recorded {
	clear(list)
	return list[:0]
}
