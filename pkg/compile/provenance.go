package compile

// recorded is where one value came from, in the order in which a unit met them.
// Of two of one path the later counts.
type recorded struct {
	path string
	Provenance
}

// note records where the value at path in the body came from.
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

// emptied is the room of a list that is no longer needed.
func emptied(list []recorded) []recorded {
	clear(list)
	return list[:0]
}
