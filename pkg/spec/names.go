package spec

import (
	"fmt"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
)

// Names are patterns for the names of jobs and templates, such as order-*.
type Names []string

// Match reports whether one of the patterns matches a name.
func (n Names) Match(name string) bool {
	return slices.ContainsFunc(n, func(pattern string) bool { return doublestar.MatchUnvalidated(pattern, name) })
}

// Select is Match, but no patterns select every name.
func (n Names) Select(name string) bool { return len(n) == 0 || n.Match(name) }

// Validate returns an error about the first malformed pattern, which would match nothing.
func (n Names) Validate() error {
	for _, pattern := range n {
		if !doublestar.ValidatePattern(pattern) {
			return fmt.Errorf("%q is not a valid pattern for names", pattern)
		}
	}
	return nil
}
