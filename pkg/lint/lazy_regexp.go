package lint

import (
	"regexp"
	"sync"
)

// pattern returns a regular expression that is compiled at first use. Most runs need few, and compiling
// them with the package would slow down every start.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
