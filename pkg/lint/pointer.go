package lint

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// way is the path from the root of a file to a value. It is converted to text only for a finding.
type way []leg

// usualDepth is enough for nearly all files: a walk allocates one way, and each step down
// overwrites the last leg.
const usualDepth = 16

// leg is a key, or an item of a list.
type leg struct {
	key   string
	item  *spec.Node // nil for a key
	index int
}

// pointer returns a way with names instead of indexes.
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
