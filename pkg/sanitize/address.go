package sanitize

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// The parts of addresses that can hold a password or a token: what is before
// the @ of a URL, the same of ssh's short form, and a URL's query.
var (
	addressUser  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(://)[^\s/'"<>]*@`) })
	shortUser    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^|[\s'"<(=,])[^\s/'"<>@:]+:[^\s/'"<>]*@`) })
	addressQuery = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(://[^\s'"<>?#]*[?#])[^\s'"<>]+`) })
)

// Addresses returns text in which the addresses hold no user name, no password
// and no query. A user name alone goes as well: a token often is there. The
// git of git@host:path stays.
func Addresses(text string) string {
	text = addressUser().ReplaceAllString(text, "${1}***@")
	text = shortUser().ReplaceAllString(text, "${1}***@")
	return addressQuery().ReplaceAllString(text, "${1}***")
}

// MayHoldCredentials reports whether an address that Git is given has a place with a password or a
// token. The user name of ssh is none: git@host says who logs in, and the key is elsewhere.
func MayHoldCredentials(address string) bool {
	u, err := url.Parse(address)
	if err == nil && strings.Contains(u.Scheme, "ssh") && u.User != nil && u.RawQuery == "" && u.Fragment == "" {
		_, has := u.User.Password()
		return has || strings.Contains(u.User.Username(), ":")
	}
	return Addresses(address) != address
}
