package record

import (
	"fmt"
	"net/url"
	"strings"
)

// sharedRefs is the ref prefix of records that clones exchange. The names below it have one level, so
// that they can coexist with refs of older versions.
const sharedRefs = "refs/buildsync/"

// localRefs is the ref prefix of records of the built-in emulator. They are neither fetched nor pushed.
const localRefs = "refs/buildsync-local/"

// fetched is the ref prefix of a remote's records between fetch and merge.
const fetched = "refs/buildsync-fetched/"

// Scope is what a record is for.
type Scope struct {
	Environment string // "": the workspace has none
	Endpoint    string // the service's address, as plans name it
	Private     bool   // the service exists in this clone only
	Folder      string // the workspace's folder in the repository, "" at its root
}

// Ref returns the ref of the record of s.
func (s Scope) Ref() string {
	prefix := sharedRefs
	if s.Private {
		prefix = localRefs
	}
	ref := prefix + s.environment() + "@" + EndpointKey(s.Endpoint)
	if s.Folder != "" {
		ref += "@" + escape(s.Folder)
	}
	return ref
}

// oldRef returns the ref in which older versions kept the one commit of an environment.
func (s Scope) oldRef() string { return sharedRefs + s.environment() }

func (s Scope) environment() string {
	if s.Environment == "" {
		return "default"
	}
	return escape(s.Environment)
}

// String names s for people.
func (s Scope) String() string {
	if s.Environment == "" {
		return s.Endpoint
	}
	return s.Endpoint + " (" + s.Environment + ")"
}

// EndpointKey returns what identifies an endpoint, for the name of a ref or a folder. Different
// spellings of one address have the same key.
func EndpointKey(endpoint string) string { return escape(host(endpoint)) }

// host returns what identifies an endpoint: the host in canonical form, and the port if it is not
// the default.
func host(endpoint string) string {
	address, err := url.Parse(endpoint)
	if err != nil || address.Host == "" {
		return strings.ToLower(endpoint)
	}
	name := strings.TrimSuffix(strings.ToLower(address.Hostname()), ".")
	port := address.Port()
	if port == "" || port == "443" && strings.EqualFold(address.Scheme, "https") || port == "80" && strings.EqualFold(address.Scheme, "http") {
		return name
	}
	return name + "_" + port
}

// escape encodes text for the name of a ref. Different texts have different encodings.
func escape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' ||
			c == '.' && i > 0 && text[i-1] != '.' && i < len(text)-1
		if plain {
			out.WriteByte(c)
			continue
		}
		fmt.Fprintf(&out, "%%%02x", c)
	}
	escaped := out.String()
	if rest, ok := strings.CutSuffix(escaped, ".lock"); ok { // Git refuses such a name
		return rest + "%2elock"
	}
	return escaped
}

// parts returns the parts of a record's ref name, for people.
func parts(ref string) (environment, endpoint, folder string, ok bool) {
	name, shared := strings.CutPrefix(ref, sharedRefs)
	if !shared {
		if name, ok = strings.CutPrefix(ref, localRefs); !ok {
			return "", "", "", false
		}
	}
	parts := strings.SplitN(name, "@", 3)
	if len(parts) < 2 {
		return "", "", "", false
	}
	for i, part := range parts {
		if text, err := url.PathUnescape(part); err == nil {
			parts[i] = text
		}
	}
	if len(parts) == 3 {
		folder = parts[2]
	}
	return parts[0], parts[1], folder, true
}
