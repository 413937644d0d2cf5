package sanitize

import (
	"regexp"
	"sync"
)

// The parts of addresses that can hold a password or a token: what stands before
// the @ of a URL, the same of ssh's short form, and a URL's query.
var (
	addressUser  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(://)[^\s/'"<>]*@`) })
	shortUser    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^|[\s'"<(=,])[^\s/'"<>@:]+:[^\s/'"<>]*@`) })
	addressQuery = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(://[^\s'"<>?#]*[?#])[^\s'"<>]+`) })
)

// Addresses returns text in which the addresses hold no user name, no password
// and no query. A user name alone goes as well: a token often stands there. The
// git of git@host:path stays.
func Addresses(text string) string {
	text = addressUser().ReplaceAllString(text, "${1}***@")
	text = shortUser().ReplaceAllString(text, "${1}***@")
	return addressQuery().ReplaceAllString(text, "${1}***")
}
