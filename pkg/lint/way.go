package lint

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// way is how one comes to a value from the root of its file. It is written out
// only where there is something to report.
type way []leg

// usualDepth is room for the ways of nearly all files: what walks a tree makes
// one way with it, and each step down overwrites its predecessor's legs.
const usualDepth = 16

// leg is a key, or an item of a list.
type leg struct {
	key   string
	item  *spec.Node // nil for a key
	index int
}

// pointer writes a way with names in the place of indexes.
func (w way) pointer() string {
	var out strings.Builder
	for _, leg := range w {
		if leg.item != nil {
			out.WriteString(spec.ItemSegment(leg.item, leg.index))
		} else {
			out.WriteString(valuepath.Member(leg.key))
		}
	}
	return strings.TrimPrefix(out.String(), ".")
}
