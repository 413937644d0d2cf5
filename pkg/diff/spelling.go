package diff

import (
	"html"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Spelling is a known way in which a service stores a value other than it was
// sent. "" is none.
type Spelling string

// The known spellings.
const (
	SpellingLineBreak Spelling = "line-break" // no line break at the end
	SpellingHTML      Spelling = "html"       // HTML escapes
	SpellingNFC       Spelling = "nfc"        // letters and accents composed
	SpellingNFD       Spelling = "nfd"        // letters and accents taken apart
	SpellingNumber    Spelling = "number"     // a number as floating point prints it
	SpellingSeveral   Spelling = "several"    // more than one of those of texts
)

// SpellingOf returns the way in which got is a spelling of sent, "" where both
// are written alike or mean different things.
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

func withoutLineBreak(text string) string { return strings.TrimRight(text, "\r\n") }

// fold takes off what the spellings differ in, but for HTML escapes: what the
// service stored is the only side that may hold some.
func fold(text string) string {
	return norm.NFC.String(withoutLineBreak(strings.ReplaceAll(text, "\r\n", "\n")))
}

// respelled reports whether got is what a service with spellings of its own may
// have stored of sent: each value is equal or a spelling.
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

// edits returns the fields that somebody changed: where the service is known to
// store values of this object in a spelling of its own, those that are nothing
// but that are left out.
func (c *comparison) edits(fields []Field) []Field {
	if !c.spelled {
		return fields
	}
	return slices.DeleteFunc(fields, func(f Field) bool { return !f.Sensitive && respelled(f.After, f.Before) })
}

// spells reports whether a live value is a spelling of what the base declares.
func (s *sides) spells(e entry) bool {
	sent, got := orElse(s.shownBase.get(e.path), s.base.get(e.path)), orElse(s.shownLive.get(e.path), s.live.get(e.path))
	return sent != nil && got != nil && respelled(sent, got)
}

// storedSpelled reports whether the service may hold an object in another
// spelling than it was sent in: a write of it ended so, or its end is not known.
func (p *Planner) storedSpelled(address string) bool {
	return p.in.Spelled[address] || len(p.in.Tried[address]) > 0 || len(p.in.TriedTemplates[address]) > 0
}

// spelled is storedSpelled for a job, under the names that it has and had.
func (p *Planner) spelled(job *compile.Job) bool {
	return p.storedSpelled(job.Address) || slices.ContainsFunc(job.RenamedFrom, func(old string) bool {
		return p.storedSpelled(compile.JobAddress(job.Project, old))
	})
}
