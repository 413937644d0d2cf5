package lint

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first used: a run
// over definitions in order needs few of them, and a command other than lint
// none, but what is compiled with the package is paid by every start.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
