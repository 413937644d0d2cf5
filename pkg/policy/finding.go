package policy

import (
	"cmp"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Places finds the scalars of files by their start, so that a finding points at the text with the
// value.
type Places struct {
	root  func(file string) *spec.Node
	files map[string]map[spec.Pos]*spec.Node
}

// NewPlaces finds places in the files that root returns, nil for one that is not
// at hand.
func NewPlaces(root func(file string) *spec.Node) *Places {
	return &Places{root: root, files: map[string]map[spec.Pos]*spec.Node{}}
}

// PlacesIn finds places in the files of a workspace.
func PlacesIn(set *spec.Set) *Places {
	return NewPlaces(func(name string) *spec.Node {
		if name == spec.WorkspaceFile {
			return set.Workspace.Root
		}
		for _, file := range set.Files {
			if file.Name == name {
				return file.Root
			}
		}
		return nil
	})
}

// at returns the scalar that starts at a place, nil if there is none.
func (p *Places) at(pos spec.Pos) *spec.Node {
	index, known := p.files[pos.File]
	if !known {
		index = map[spec.Pos]*spec.Node{}
		if root := p.root(pos.File); root != nil {
			indexScalars(root, index)
		}
		p.files[pos.File] = index
	}
	return index[pos]
}

func indexScalars(n *spec.Node, into map[spec.Pos]*spec.Node) {
	if n.Kind == spec.ScalarNode {
		into[n.Range.Start] = n
		return
	}
	for _, f := range n.Fields {
		if f.Value.Range.Start.Compare(n.Range.Start) >= 0 { // what an alias stands for is visited where it is written
			indexScalars(f.Value, into)
		}
	}
	for _, item := range n.Items {
		if item.Range.Start.Compare(n.Range.Start) >= 0 {
			indexScalars(item, into)
		}
	}
}

// Finding returns a breach as lint reports it: at the text with the value, or at the name of the job if
// something is missing.
func (p *Places) Finding(b Breach) spec.Diagnostic {
	d := spec.Diagnostic{Rule: b.Policy.ruleName(), Severity: b.Policy.Severity, Message: b.Message, Hint: hintOf(b), Causes: []string{b.Policy.At.Start.File}}
	if b.Job.Owner != "" {
		d.Owners = []string{b.Job.Owner}
	}
	from, ok := b.Job.place(b.Path)
	if !ok {
		return d
	}
	stations := from.Stations()
	d.Range = p.rangeOf(stations[0].Pos)
	if value, ok := b.Job.valueAt(b.Path); ok {
		for i := len(stations) - 1; i > 0; i-- {
			if n := p.at(stations[i].Pos); n != nil && n.Text == value {
				d.Range = n.Range
				break
			}
		}
	}
	for _, s := range stations {
		if s.Pos.IsValid() && s.Pos != d.Range.Start {
			d.Related = append(d.Related, spec.Related{Range: p.rangeOf(s.Pos), Message: stationText(s)})
		}
	}
	if at := b.Job.Job.NameAt(); at.Start.File != d.Range.Start.File {
		d.Related = append(d.Related, spec.Related{Range: at, Message: "in the job " + quoted(b.Job.Name)})
	}
	return d
}

func (p *Places) rangeOf(pos spec.Pos) spec.Range {
	if n := p.at(pos); n != nil {
		return n.Range
	}
	return spec.Range{Start: pos, End: pos}
}

func stationText(s compile.Station) string {
	if s.Kind == "" {
		return "the value is used here"
	}
	return strings.TrimSpace("by way of the " + string(s.Kind) + " " + quotedOr(s.Name))
}

func quotedOr(name string) string {
	if name == "" {
		return ""
	}
	return quoted(name)
}

// hintOf returns the policy author's hint, or one for its form.
func hintOf(b Breach) string { return cmp.Or(b.Policy.Help, b.Hint) }

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// valueAt returns the text of the value at a path of the body.
func (o *Subject) valueAt(path string) (text string, ok bool) {
	parsed, known := newSelector(path, ownPath(path))
	if path == "" || !known {
		return "", false
	}
	parsed.each(o, func(h *hit) bool {
		text, ok = h.text(), true
		return false
	})
	return text, ok
}
