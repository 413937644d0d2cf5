package secret

import (
	"strings"
	"sync"
)

// markerSet is a set of markers, a bit for each.
type markerSet uint64

// everyMarker is the set of all.
const everyMarker = ^markerSet(0)

// marker is text that occurs, in any case, wherever a kind of secret does.
type marker struct {
	text string
	bit  markerSet
}

// markerIndex has all markers by their first byte, so that one pass finds all. It first checks
// whether a pair of bytes starts any, which is rare. Every marker has at least two bytes.
type markerIndex struct {
	byFirst [256][]marker
	starts  [1 << 16 / 64]uint64 // a bit for each pair of bytes, in either case
	count   int

	// What each kind of search needs at least one of.
	rules    []markerSet // of each of rules
	issued   markerSet   // any of issued
	stems    []markerSet // of each of nameStems
	names    markerSet   // any of nameStems
	urls     markerSet
	keys     markerSet
	commands markerSet
	bearers  markerSet
}

// add adds markers and returns their set. Blanks at the ends of a marker are ignored: a line break
// of the document may be a blank in a text.
func (index *markerIndex) add(texts ...string) markerSet {
	var set markerSet
	for _, text := range texts {
		set |= index.addShared(text)
	}
	return set
}

// addShared enters markers that share one bit.
func (index *markerIndex) addShared(texts ...string) markerSet {
	bit := markerSet(1) << index.count
	index.count++
	for _, text := range texts {
		text = fromRarest(strings.TrimSpace(text))
		m := marker{text, bit}
		index.byFirst[text[0]] = append(index.byFirst[text[0]], m)
		upper := strings.ToUpper(text[:2])
		for _, first := range []byte{text[0], upper[0]} {
			for _, second := range []byte{text[1], upper[1]} {
				pair := uint16(first)<<8 | uint16(second)
				index.starts[pair/64] |= 1 << (pair % 64)
			}
		}
	}
	return bit
}

// byFrequency are the letters of scripts, the most frequent first.
const byFrequency = "etaoinsrlcdpmuhgbfywkvxjqz"

// fromRarest cuts a marker so that it starts with its rarest pair of bytes: the
// fewer places of a text are looked at closely. Where the rest of a marker
// is, the whole may.
func fromRarest(text string) string {
	weight := func(c byte) int {
		switch at := strings.IndexByte(byFrequency, c); {
		case at >= 0:
			return len(byFrequency) + 10 - at
		case strings.IndexByte("-./ :\"", c) >= 0:
			return 12
		}
		return 4
	}
	best, least := 0, weight(text[0])*weight(text[1])
	for i := 1; i+4 <= len(text); i++ { // a shorter rest would be in too many texts
		if w := weight(text[i]) * weight(text[i+1]); w < least {
			best, least = i, w
		}
	}
	return text[best:]
}

var markers = sync.OnceValue(func() *markerIndex {
	index := &markerIndex{}
	index.urls, index.keys = index.add("://"), index.add("-----")
	index.commands, index.bearers = index.addShared(commandMarkers...), index.add(bearer)
	for _, stem := range nameStems {
		index.stems = append(index.stems, index.add(stem))
		index.names |= index.stems[len(index.stems)-1]
	}
	for i := range rules {
		index.rules = append(index.rules, index.add(rules[i].markers...))
	}
	var prefixes []string
	for _, r := range issued {
		for _, marker := range r.markers {
			prefixes = append(prefixes, strings.ToLower(marker))
		}
	}
	index.issued = index.addShared(prefixes...)
	return index
})

// within returns the markers that text holds. Where they start is appended to
// places, unless it is nil.
func (index *markerIndex) within(text string, places *[]int) markerSet {
	var found markerSet
	if text == "" {
		return found
	}
	pair := uint16(text[0])
	for i := range len(text) - 1 {
		pair = pair<<8 | uint16(text[i+1])
		if index.starts[pair/64]&(1<<(pair%64)) == 0 {
			continue
		}
		for _, m := range index.byFirst[lowerByte(text[i])] {
			if len(text)-i >= len(m.text) && hasLowerPrefix(text[i:], m.text) {
				found |= m.bit
				if places != nil {
					*places = append(*places, i)
				}
			}
		}
	}
	return found
}

// hasLowerPrefix reports whether text, in lower case, starts with prefix; text is
// at least as long.
func hasLowerPrefix(text, prefix string) bool {
	for i := range len(prefix) {
		if lowerByte(text[i]) != prefix[i] {
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
