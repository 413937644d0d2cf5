package compile

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

// emptied clears list so that its backing array can be reused.
func emptied(list []recorded) []recorded {
	clear(list)
	return list[:0]
}
