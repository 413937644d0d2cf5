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

// UnknownNameError reports a requested name or pattern that matches no definition. It is a mistake,
// never an empty success.
type UnknownNameError struct {
	Word string
	What string // what it should have named, such as "secret"
	Near string // the nearest name, "" if none is near
}

func (e *UnknownNameError) Error() string {
	return WithSuggestion(fmt.Sprintf("%q matches no %s", e.Word, e.What), e.Near)
}
