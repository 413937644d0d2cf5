package secret

import (
	"strings"
	"sync"
)

// markerIndex are all markers by their first byte, so that a text is searched
// for all of them in one pass.
type markerIndex [256][]string

var markers = sync.OnceValue(func() *markerIndex {
	index := &markerIndex{}
	add := func(list ...string) {
		for _, marker := range list {
			marker = strings.TrimSpace(marker)
			index[marker[0]] = append(index[marker[0]], marker)
		}
	}
	add("://", "-----")
	add(commandMarkers...)
	add(nameStems...)
	for i := range rules {
		add(rules[i].markers...)
	}
	return index
})

// within returns the markers that text holds, in whatever case.
func (index *markerIndex) within(text string) map[string]bool {
	found := map[string]bool{}
	for i := range len(text) {
		for _, marker := range index[lowerByte(text[i])] {
			if len(text)-i >= len(marker) && hasLowerPrefix(text[i:], marker) {
				found[marker] = true
			}
		}
	}
	return found
}

// hasLowerPrefix tells whether text, in lower case, starts with prefix; text is
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
