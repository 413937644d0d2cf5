package secret

import (
	"strings"
	"sync"
)

// markerIndex are all markers by their first byte, so that a text is searched
// for all of them in one pass. Few pairs of bytes start any: whether one does is
// looked up first. Every marker has two bytes or more.
type markerIndex struct {
	byFirst [256][]string
	starts  [1 << 16 / 64]uint64 // a bit for each pair of bytes, in either case
}

func (index *markerIndex) add(marker string) {
	index.byFirst[marker[0]] = append(index.byFirst[marker[0]], marker)
	upper := strings.ToUpper(marker[:2])
	for _, first := range []byte{marker[0], upper[0]} {
		for _, second := range []byte{marker[1], upper[1]} {
			pair := uint16(first)<<8 | uint16(second)
			index.starts[pair/64] |= 1 << (pair % 64)
		}
	}
}

var markers = sync.OnceValue(func() *markerIndex {
	index := &markerIndex{}
	add := func(list ...string) {
		for _, marker := range list {
			index.add(strings.TrimSpace(marker))
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
	for i := range len(text) - 1 {
		pair := uint16(text[i])<<8 | uint16(text[i+1])
		if index.starts[pair/64]&(1<<(pair%64)) == 0 {
			continue
		}
		for _, marker := range index.byFirst[lowerByte(text[i])] {
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
