package apply

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// storedSpelled is the message for a write that the service rewrote.
const storedSpelled = "the service stores it in another spelling than sent"

// spellingAdvice has, for each spelling, how to write a text so that the service stores it
// unchanged.
var spellingAdvice = map[diff.Spelling]string{
	diff.SpellingLineBreak: "the service keeps no line break at the end: write |- in place of |",
	diff.SpellingBlanks:    "the service keeps no blanks at the ends of lines or of the text: leave them out",
	diff.SpellingHTML:      "the service stores &, < and > as HTML escapes: keep them out of the text, or put it into a script of the repository",
	diff.SpellingNFC:       "the service composes letters and their accents (NFC): save the file in that form",
	diff.SpellingNFD:       "the service takes letters and their accents apart (NFD): save the file in that form",
	diff.SpellingSeveral:   "the service stores the text in a spelling of its own (line break or blanks at the end, HTML escapes, accents): put it into a script of the repository",
}

// rewriting says what to write so that the service stores it as it is, where all
// that is not as it was sent is a known spelling of it; "" if it is not.
func rewriting(unmet []diff.Field) remedy.Remedy {
	advice := ""
	for i := range unmet {
		f := &unmet[i]
		spelling := diff.SpellingOf(f.After, f.Before)
		if f.Sensitive || spelling == "" {
			return ""
		}
		if advice != "" {
			continue
		}
		advice = spellingAdvice[spelling]
		if spelling == diff.SpellingNumber {
			advice = "the service spells the number " + f.Before.Text() + ": write that, or put it in quotes"
		}
		advice = "in " + f.Path[strings.LastIndexByte(f.Path, '.')+1:] + ", " + advice
	}
	return remedy.Remedy(advice)
}

// noteStored notes that what is there was made from what was sent, and whether some of it is a
// spelling of that.
func (s *step) noteStored(unmet []diff.Field) {
	s.result.Stored = true
	s.result.Spelled = slices.ContainsFunc(unmet, func(f diff.Field) bool {
		return !f.Sensitive && diff.SpellingOf(f.After, f.Before) != ""
	})
}

// nobodyElse is the proof that a difference is the service's, for endRewritten.
const nobodyElse = "and nobody else wrote it"

// endRewritten ends a write that the service stored with another meaning. proof says why it is not
// somebody's edit.
func (s *step) endRewritten(unmet []diff.Field, proof string) {
	s.noteStored(unmet)
	for i := range unmet {
		if unmet[i].After != nil || unmet[i].Sensitive { // the paths of what was sent
			s.result.Rewritten = append(s.result.Rewritten, unmet[i].Path)
		}
	}
	s.result.Next = remedy.WriteStored
	s.end(NotConverged, "the service stores something else than was sent, %s%s", proof, storedText(unmet))
}

// storedText lists what the service stored in place of what was sent.
func storedText(unmet []diff.Field) string {
	turned := make([]diff.Field, len(unmet))
	for i := range unmet {
		turned[i] = unmet[i]
		turned[i].Before, turned[i].After = unmet[i].After, unmet[i].Before
	}
	return valuesText(turned, "was sent as", "is stored as")
}

// onlyWeWrote reports whether it is certain that nobody else wrote the object between our write
// and now. A template has no update, and its uuid is ours. A job's change history tells, if the
// service accepted our only write: without an answer, the new row may be somebody else's. A history
// that shows our write may lag by as much as the time since then, and lack a later edit. After as
// long again it shows all that our reads saw.
func (s *step) onlyWeWrote(ctx context.Context, id string) bool {
	if s.change.Kind == diff.KindTemplate {
		return true
	}
	if s.sends != 1 || s.lastError != nil || !s.lastWriteIsOurs(ctx, id) {
		return false
	}
	return s.wait(ctx, s.run.clock.Now().Sub(s.firstSent)) == nil && s.lastWriteIsOurs(ctx, id)
}

// lastWriteIsOurs reports whether the newest row of a job's change history is our write. Its time
// must be that of the write by the service's clock, which may differ from ours: a history that lags
// shows an earlier edit there. If the number of the newest row before the write is known, it must
// have advanced by one. Else there must be no other row since the write.
func (s *step) lastWriteIsOurs(ctx context.Context, id string) bool {
	history, ok := s.run.api.(History)
	if !ok {
		return false
	}
	rows, err := history.JobChanges(ctx, id)
	if err != nil {
		return false
	}
	from, to, dated := s.answered.Handled()
	if !dated && !s.numbered {
		return false
	}
	from, to = from.Add(-clockGrain), to.Add(clockGrain)
	recent, newest := 0, time.Time{}
	for _, row := range rows {
		ms, err := strconv.ParseInt(row.Time.String(), 10, 64)
		if err != nil {
			return false
		}
		at := time.UnixMilli(ms)
		if !at.Before(from) {
			recent++
		}
		if at.After(newest) {
			newest = at
		}
	}
	if dated && (newest.Before(from) || newest.After(to)) {
		return false
	}
	if s.numbered {
		number, known := newestNumber(rows)
		return known && number == s.number+1
	}
	return recent == 1
}

// clockGrain is the precision that the times of a change history are trusted to have.
const clockGrain = time.Second
