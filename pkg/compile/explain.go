package compile

import (
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Station is one step of a value's way into the body, for "explain".
type Station struct {
	Kind spec.OriginKind // "" for the place where the value stands
	Name string          // of the template, variable, matrix key, environment or file
	Pos  spec.Pos
}

// Stations lists the steps of a value's way, last first: its place, then what put it there, back to
// where it was first written. A step that both a text and an input in it came through counts once.
func (p Provenance) Stations() []Station {
	stations := []Station{{Pos: p.Pos}}
	for o := p.Origin; o != nil; o = o.From {
		s := Station{Kind: o.Kind, Name: o.Name, Pos: o.Pos}
		if at := slices.Index(stations, s); at > 0 && (o.Kind == spec.FromFragment || o.Kind == spec.FromFamily) {
			stations = slices.Delete(stations, at, at+1)
		}
		stations = append(stations, s)
	}
	return stations
}

// fromUse is Stations for people. What a reference stands for begins its way at the reference, a list
// or mapping and its parts as a text does; in Stations it begins where it is written, which edits need.
func (p Provenance) fromUse() []Station {
	stations := p.Stations()
	var first, last *spec.Origin // of the references before the place
	for o := p.Origin; o != nil; o = o.From {
		if o.Use.Start == p.Pos {
			break
		}
		if !o.Use.Start.IsValid() {
			continue
		}
		if last = o; first == nil {
			first = o
		}
	}
	if first == nil {
		return stations
	}
	if i := slices.Index(stations, Station{last.Kind, last.Name, last.Pos}); i > 0 {
		stations[i].Pos = stations[0].Pos
	}
	stations[0].Pos = first.Use.Start
	return stations
}

// Way is Stations for a value of j. The station of its template is the key of the job that names the
// template, with what that name came through; in Stations it is the value's place inside the
// template, which edits need.
func (j *Job) Way(p Provenance) (way []Station) {
	for _, s := range p.fromUse() {
		if s.Kind != spec.FromTemplate || j.templateAt == nil || s.Name != j.Template {
			way = append(way, s)
			continue
		}
		key := Provenance{j.templateAt.Pos(), j.templateAt.Origin}.Stations()
		key[0].Kind, key[0].Name = s.Kind, s.Name
		way = append(way, key...)
	}
	return way
}

// Paths returns the paths of all values that the definitions of the job declare,
// sorted.
func (j *Job) Paths() []string { return slices.Sorted(maps.Keys(j.Provenance)) }
