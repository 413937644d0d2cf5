package apply

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// storedSpelled is the message for a write that the service rewrote.
const storedSpelled = "the service stores it in another spelling than it was sent in"

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
