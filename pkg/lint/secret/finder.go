package secret

import (
	"slices"
	"strings"
)

// Finder finds the kinds of secret that can occur in one document.
type Finder struct {
	there markerSet
	lines []int // of the document, from 1, where something may be; in their order
}

// Everything finds all that Find finds.
func Everything() Finder { return Finder{there: everyMarker} }

// Within returns a finder for the parts of a document. It skips kinds that the document cannot
// contain.
func Within(document string) Finder {
	var places []int
	f := Finder{there: markers().within(document, &places)}
	line, from := 1, 0
	for _, at := range places {
		line += strings.Count(document[from:at], "\n")
		from = at
		if len(f.lines) == 0 || f.lines[len(f.lines)-1] != line {
			f.lines = append(f.lines, line)
		}
	}
	return f
}

// OnLines reports whether there is anything to look for from one line of the
// document to another.
func (f Finder) OnLines(first, last int) bool {
	at, _ := slices.BinarySearch(f.lines, first)
	return at < len(f.lines) && f.lines[at] <= last
}

// FindsAny reports whether there is anything to look for.
func (f Finder) FindsAny() bool { return f.there != 0 }

// Find returns the secrets in text in their order, none overlapping another.
func (f Finder) Find(text string) []Match {
	if len(text) < shortest || f.there == 0 {
		return nil
	}
	text = text[:min(len(text), maxText)]
	known := markers()
	there := known.within(text, nil) & f.there
	if there == 0 {
		return nil
	}
	var found []Match
	for i := range rules {
		if there&known.rules[i] != 0 {
			found = rules[i].appendTo(found, text)
		}
	}
	if there&known.issued != 0 {
		for i := range issued {
			if issued[i].occursIn(text) {
				found = issued[i].appendTo(found, text)
			}
		}
	}
	if there&known.keys != 0 {
		found = append(found, privateKeys(text)...)
	}
	if there&known.urls != 0 {
		found = append(found, inURLs(text)...)
	}
	if there&(known.commands|known.bearers|known.names) == 0 {
		return withoutOverlaps(found)
	}
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // a rune whose lower case is of another size
		lower = asciiLower(text)
	}
	if there&known.commands != 0 {
		found = append(found, inCommands(text, lower)...)
	}
	if there&known.bearers != 0 {
		found = append(found, bearers(text, lower)...)
	}
	for i, stem := range nameStems {
		if there&known.stems[i] != 0 {
			found = append(found, named(text, lower, stem)...)
		}
	}
	return withoutOverlaps(found)
}

// FindValue is Find for the value of a named parameter or key. A name such as NEXUS_PASSWORD makes
// any literal value a secret.
func (f Finder) FindValue(name, value string) []Match {
	if found := f.Find(value); len(found) > 0 {
		return found
	}
	if len(value) >= shortest && f.there&markers().names != 0 && IsSecretName(name) && isLiteral(value) && !isTestValue(name, value) && (!weakName(strings.ToLower(name)) || isUnlikeProse(value) && mixes(value)) {
		return []Match{{Start: 0, End: len(value), Kind: "password"}}
	}
	return nil
}
