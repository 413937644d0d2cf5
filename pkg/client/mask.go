package client

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// masked replaces a secret in a text.
const masked = "(secret)"

// shortest is the minimum length of a masked text. Hiding each "1" would make messages unreadable.
const shortest = 4

// maskForms replaces the forms of known secrets, as formsOf returns them, in a text from the server
// or the transport.
func maskForms(text string, forms []string) string {
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, masked)
	}
	return text
}

// formsOf returns secrets in all encodings in which such texts repeat them, the longest first:
// otherwise a part would be replaced and the rest stay readable.
func formsOf(secrets []string) []string {
	var forms []string
	for _, secret := range secrets {
		if len(secret) < shortest {
			continue
		}
		forms = append(forms, encodings(secret)...)
		for line := range strings.Lines(secret) {
			if line = strings.TrimSpace(line); len(line) >= 2*shortest {
				forms = append(forms, line)
			}
		}
	}
	return longestFirst(forms)
}

func longestFirst(forms []string) []string {
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(forms)
}

// knownForms keeps the forms of the secrets that stay the same from call to call: to compute them
// for each answer took a twentieth of a plan.
type knownForms struct {
	mu      sync.Mutex
	secrets []string
	forms   []string
}

// of returns the forms of secrets. The caller does not change the result.
func (k *knownForms) of(secrets []string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Equal(secrets, k.secrets) {
		k.secrets, k.forms = secrets, formsOf(secrets)
	}
	return k.forms
}

func encodings(secret string) []string {
	escaped, _ := json.Marshal(secret) // cannot fail for a string
	forms := []string{
		secret,
		string(bytes.Trim(escaped, `"`)),
		strings.Trim(string(jsontree.AppendQuoted(nil, secret)), `"`),
		strings.Trim(strconv.Quote(secret), `"`),
		strings.Trim(strconv.QuoteToASCII(secret), `"`),
		asciiJSON(secret),
		strings.ReplaceAll(secret, "'", `'\''`), // as a shell would be given it
		url.QueryEscape(secret), url.PathEscape(secret),
		html.EscapeString(secret),
		hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	for offset := range 3 {
		forms = append(forms, base64Core(base64.RawStdEncoding, secret, offset), base64Core(base64.RawURLEncoding, secret, offset))
	}
	return slices.DeleteFunc(forms, func(form string) bool { return len(form) < shortest })
}

// asciiJSON encodes a text as ASCII-only JSON encoders do.
func asciiJSON(text string) string {
	escaped, _ := json.Marshal(text) // cannot fail for a string
	var out strings.Builder
	for _, r := range string(bytes.Trim(escaped, `"`)) {
		if r < utf8.RuneSelf {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.String()
}

// base64Core returns the part of the base64 text of secret that does not depend
// on its neighbours, if it begins offset bytes into a group of three.
func base64Core(encoding *base64.Encoding, secret string, offset int) string {
	text := encoding.EncodeToString(append(make([]byte, offset), secret...))
	start := [...]int{0, 2, 3}[offset]
	end := len(text)
	if (offset+len(secret))%3 != 0 {
		end-- // shares its bits with what follows
	}
	return text[min(start, end):end]
}

// secretsOf finds the secrets that a request body carries: the values of
// sensitive parameters, webhook settings, and passwords.
func secretsOf(body []byte) []string {
	v, err := jsontree.Parse(body, jsontree.Limits{})
	if err != nil {
		return nil
	}
	found := append(textsOf(v.Str("param_config")),
		v.Get("auth").Get("identity").Get("password").Get("user").Str("password"),
	)
	for _, parameter := range wire.ParametersOf(v) {
		if parameter.IsSensitive() {
			for _, field := range parameter.Fields(wire.ParamDefaultValue) {
				found = append(found, wire.Member(field, wire.KeyValue).Text())
			}
		}
	}
	for _, parameter := range v.Get("parameter").Items() {
		found = append(found, parameter.Str(wire.KeyValue)) // of a run: which are sensitive is not known here
	}
	return found
}

// textsOf returns the configuration of a channel. It is often JSON: then the
// texts in it that are long enough for an address or a key are returned too.
func textsOf(config string) []string {
	found := []string{config}
	v, err := jsontree.Parse([]byte(config), jsontree.Limits{})
	if err != nil {
		return found
	}
	var visit func(*jsontree.Value)
	visit = func(v *jsontree.Value) {
		if text, ok := v.AsString(); ok && len(text) >= 2*shortest {
			found = append(found, text)
		}
		for _, m := range v.Members() {
			visit(m.Value)
		}
		for _, item := range v.Items() {
			visit(item)
		}
	}
	visit(v)
	return found
}
