package apply

import (
	"html"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// rewriting returns how to write the steps so that the service stores them
// unchanged, if every difference in have is a known way in which a service
// rewrites texts and numbers; "" if it is not.
func (s *step) rewriting(have *jsontree.Value) string {
	want := s.change.DesiredBody()
	if want == nil || have == nil {
		return ""
	}
	advice := ""
	steps, stored := want.Get(wire.KeySteps).Items(), have.Get(wire.KeySteps).Items()
	if len(steps) != len(stored) {
		return ""
	}
	for i, item := range steps {
		for _, m := range item.Get("properties").Members() {
			sent, got := m.Value, stored[i].Get("properties").Get(m.Key)
			if got == nil || jsontree.Equal(sent, got) {
				continue
			}
			if spelled := respelled(sent.Text(), got.Text()); spelled != "" && advice == "" {
				advice = "in " + m.Key + ", " + spelled
			}
		}
	}
	return advice
}

// respelled returns how a text must be written so that the service stores it
// unchanged, if its rewriting is a known one.
func respelled(sent, got string) string {
	switch {
	case sent == got:
		return ""
	case strings.TrimSuffix(strings.TrimSuffix(sent, "\n"), "\r") == got:
		return "the service keeps no line break at the end: write |- in place of |"
	case html.UnescapeString(got) == sent:
		return "the service stores &, < and > as HTML escapes: keep them out of the text, or put it into a script of the repository"
	case norm.NFC.String(sent) == got:
		return "the service composes letters and their accents (NFC): save the file in that form"
	case norm.NFD.String(sent) == got:
		return "the service takes letters and their accents apart (NFD): save the file in that form"
	case sameNumber(sent, got):
		return "the service spells the number " + got + ": write that, or put it in quotes"
	}
	return ""
}

func sameNumber(a, b string) bool {
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && x == y
}
