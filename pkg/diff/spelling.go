package diff

import (
	"cmp"
	"html"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Spelling is a known way in which a service stores a value differently from what was sent. ""
// means none.
type Spelling string

// The known spellings.
const (
	SpellingLineBreak Spelling = "line-break" // no line break at the end
	SpellingBlanks    Spelling = "blanks"     // no blanks at the ends of lines, or around the text
	SpellingHTML      Spelling = "html"       // HTML escapes
	SpellingNFC       Spelling = "nfc"        // letters and accents composed
	SpellingNFD       Spelling = "nfd"        // letters and accents taken apart
	SpellingNumber    Spelling = "number"     // a number as floating point prints it
	SpellingSeveral   Spelling = "several"    // several of the text spellings
)

// SpellingOf returns how the spelling of got differs from sent, "" if they are identical or mean
// different things.
func SpellingOf(sent, got *jsontree.Value) Spelling {
	if sent.Kind() == jsontree.KindNumber && got.Kind() == jsontree.KindNumber {
		a, err1 := strconv.ParseFloat(sent.Text(), 64)
		b, err2 := strconv.ParseFloat(got.Text(), 64)
		if err1 == nil && err2 == nil && a == b && sent.Text() != got.Text() {
			return SpellingNumber
		}
		return ""
	}
	text, isText := sent.AsString()
	stored, alsoText := got.AsString()
	if !isText || !alsoText || text == stored {
		return ""
	}
	for _, way := range []struct {
		spelling Spelling
		alike    bool
	}{
		{SpellingLineBreak, withoutLineBreak(text) == withoutLineBreak(stored)},
		{SpellingBlanks, trimmed(text) == stored},
		{SpellingHTML, html.UnescapeString(stored) == text},
		{SpellingNFC, norm.NFC.String(text) == stored},
		{SpellingNFD, norm.NFD.String(text) == stored},
	} {
		if way.alike {
			return way.spelling
		}
	}
	folded := fold(text)
	if fold(stored) == folded || fold(html.UnescapeString(stored)) == folded {
		return SpellingSeveral
	}
	return ""
}

// trimmed returns a text without blanks at the ends of its lines and around it.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func withoutLineBreak(text string) string { return strings.TrimRight(text, "\r\n") }

// fold removes the differences between spellings, except HTML escapes, which only the stored side
// can have.
func fold(text string) string {
	return norm.NFC.String(trimmed(text))
}

// respelled reports whether every value of got equals that of sent or is a spelling of it.
func respelled(sent, got *jsontree.Value) bool {
	switch {
	case jsontree.Equal(sent, got), SpellingOf(sent, got) != "":
		return true
	case sent.Kind() != got.Kind() || sent.Len() != got.Len():
		return false
	}
	switch sent.Kind() {
	case jsontree.KindObject:
		return !slices.ContainsFunc(sent.Members(), func(m jsontree.Member) bool { return !respelled(m.Value, got.Get(m.Key)) })
	case jsontree.KindArray:
		for i, item := range sent.Items() {
			if !respelled(item, got.Items()[i]) {
				return false
			}
		}
		return true
	}
	return false
}

// edits returns the fields that somebody changed. If the service is known to store this object in
// another spelling, it leaves out fields that differ only in spelling, and those that the service
// is known to rewrite.
func (c *comparison) edits(fields []Field) []Field {
	return slices.DeleteFunc(fields, func(f Field) bool {
		return c.spelled && !f.Sensitive && respelled(f.After, f.Before) || within(c.rewritten, f.Path)
	})
}

// spells reports whether a live value is a spelling of what the base declares.
func (s *sides) spells(e entry) bool {
	sent, got := cmp.Or(s.shownBase.get(e.path), s.base.get(e.path)), cmp.Or(s.shownLive.get(e.path), s.live.get(e.path))
	return sent != nil && got != nil && respelled(sent, got)
}

// storedSpelled reports whether the service may have stored an object in another spelling: a write
// ended so, or its result is unknown.
func (p *Planner) storedSpelled(address string) bool {
	return p.in.Spelled[address] || len(p.in.Tried[address]) > 0 || len(p.in.TriedTemplates[address]) > 0
}

// spelled is storedSpelled for a job, under its present and former names.
func (p *Planner) spelled(job *compile.Job) bool {
	return p.storedSpelled(job.Address) || slices.ContainsFunc(job.RenamedFrom, func(old string) bool {
		return p.storedSpelled(compile.JobAddress(job.Project, old))
	})
}

// rewrittenPaths returns the paths of a job's fields that the service stored with another meaning, under
// its present and former names.
func (p *Planner) rewrittenPaths(job *compile.Job) []string {
	paths := p.in.Rewritten[job.Address]
	for _, old := range job.RenamedFrom {
		paths = slices.Concat(paths, p.in.Rewritten[compile.JobAddress(job.Project, old)])
	}
	return paths
}

// isRewritten reports whether the service stored the field at path, or a part of it, with another
// meaning.
func (s *sides) isRewritten(path string) bool { return within(s.rewritten, path) }

// within reports whether a path is one of paths, contains one, or is contained in one.
func within(paths []string, path string) bool {
	return slices.ContainsFunc(paths, func(other string) bool {
		return other == path || contains(other, path) || contains(path, other)
	})
}

// contains reports whether the value at outer contains that at inner.
func contains(outer, inner string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "["))
}

// renamedPaths returns paths, and what they are called by the names that their items have in a
// comparison.
func renamedPaths(paths []string, own, compared *itemPaths) []string {
	if len(paths) == 0 {
		return nil
	}
	out := slices.Clone(paths)
	for _, path := range paths {
		for list, names := range own.paths {
			for at, name := range names {
				if path == name || contains(name, path) {
					out = append(out, compared.paths[list][at]+strings.TrimPrefix(path, name))
				}
			}
		}
	}
	return out
}

// noteRewritten says which differences may be an edit or what the service made of what was sent.
func (c *comparison) noteRewritten(change *Change, differences []Field) {
	unclear := slices.DeleteFunc(slices.Clone(differences), func(f Field) bool {
		return f.Verdict != VerdictChange || !c.sides().isRewritten(f.Path) || jsontree.Equal(f.Base, f.Before)
	})
	change.noteUnclear(unclear)
	for i := range unclear {
		if f := &unclear[i]; jsontree.Equal(f.Base, f.After) {
			change.rewritten = append(change.rewritten, f.Path)
		}
	}
}

// RewrittenBefore reports whether all that differs from what was sent are fields that the service
// stored with another meaning when the same was sent before. They differ again, so there is nothing
// to wait for.
func (c *Change) RewrittenBefore(unmet []Field) bool {
	return len(unmet) > 0 && !slices.ContainsFunc(unmet, func(f Field) bool { return !slices.Contains(c.rewritten, f.Path) })
}

// noteUnclear says of which fields a later edit cannot be recognised.
func (c *Change) noteUnclear(unclear []Field) {
	if len(unclear) > 0 {
		c.unclear = true
		c.addNote("the service stored " + pathsWith(unclear, VerdictChange) + " differently from what was sent, so a later edit of it cannot be recognised")
	}
}
