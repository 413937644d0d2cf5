package yamltext

import (
	"regexp"
	"sync"
)

// closing matches a comment that ends a section, as in "# </group 1>" and
// "# end of the tests".
var closing = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^#+\s*(</|/>|end\b|endregion\b|<<<|}}})`) })

// ClosesAbove reports whether a comment is about what is above it, even
// though something follows right below.
func ClosesAbove(comment string) bool { return closing().MatchString(comment) }
