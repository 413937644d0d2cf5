package faults

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// canary is a secret whose value must not appear in an output, file, argument or log.
type canary struct {
	name, value string
	// inName means that an object's name begins with the value, so that only an encoding of it is a
	// leak.
	inName bool
}

const (
	canaryKey      = "CNRYAK7QZ1PLK3XW0V9T"
	canarySecret   = "cnrySK+4tH/9pVz3mQ2wXe7Lr0Ubn5Gd8Kj1Fs6A"
	canarySTS      = "gQpjbi1ub3J0aC00CNRYSTSvb2tlbg7Yt5R1"
	canaryPassword = `cnry Pa"ss&w<or>d %7'Xq2`
	canaryProxy    = "cnryProxy!9wQz"
	canaryFile     = "cnry-from-a-file-8Tz3Kq"
	canaryHook     = "https://hooks.example.com/send?access_token=cnryHook77Lp"
	canaryLiveHook = "https://hooks.example.com/send?access_token=cnryLive31Vz"
	canaryLive     = "cnry-live-value-6Wm0"
	jobPrefix      = "canary-job"
)

// parameterCanaries are values of build parameters that are hard to hide.
func parameterCanaries() []canary {
	long := strings.Builder{}
	for i := range 300 {
		fmt.Fprintf(&long, "cnry%03dL", i*7%1000)
	}
	return []canary{
		{name: "PLAIN", value: "cnry-plain-5Hq8Zt"},
		{name: "MULTILINE", value: "-----BEGIN PRIVATE KEY-----\ncnryMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASCcnry\n-----END PRIVATE KEY-----"},
		{name: "FOUR", value: "zQ7%"},
		{name: "QUOTES", value: `cnry"double'single` + "`back"},
		{name: "NEWLINE", value: "cnry-first-2Kd\ncnry-second-9Vb"},
		{name: "REGEX", value: `cnry.*[a-z]+(x|y)?^$\d{3}`},
		{name: "UNICODE", value: "cnry-密码-пароль-🔑-4Tz"},
		{name: "URLISH", value: "cnry a+b/c=d&e?f#g%20h"},
		{name: "JSONISH", value: `{"cnry": ["a", "b\nc"]}`},
		{name: "BACKSLASH", value: `cnry\path\new\table`},
		{name: "SHELL", value: `cnry$(id)${HOME};|&!`},
		{name: "MARKUP", value: `<b>cnry</b>&amp;<!--x-->`},
		{name: "MARKDOWN", value: "cnry```\n| a | **b** | @all"},
		{name: "SPACES", value: "  cnry  inner  spaces  "},
		{name: "TABS", value: "cnry\tone\ttwo"},
		{name: "BASE64ISH", value: "Y25yeS1iYXNlNjQtOVFx=="},
		{name: "LONG", value: long.String()},
		{name: "PREFIX", value: jobPrefix, inName: true},
	}
}

func canaries() []canary {
	return append(parameterCanaries(),
		canary{name: "access key", value: canaryKey},
		canary{name: "secret key", value: canarySecret},
		canary{name: "security token", value: canarySTS},
		canary{name: "password", value: canaryPassword},
		canary{name: "proxy password", value: canaryProxy},
		canary{name: "secret in a file", value: canaryFile},
		canary{name: "webhook", value: canaryHook},
		canary{name: "live webhook", value: canaryLiveHook},
		canary{name: "live parameter", value: canaryLive},
	)
}

// canaryUser returns an account with a canary in every credential.
func canaryUser() emulator.User {
	return emulator.User{
		ID: emulator.DefaultUserID, Name: emulator.DefaultUser, Password: canaryPassword,
		Domain: emulator.DefaultDomain, DomainID: emulator.DefaultDomainID,
		AccessKey: canaryKey, SecretKey: canarySecret, SecurityToken: canarySTS,
	}
}

// encodings returns the ways to write a value, by name.
func (c canary) encodings() map[string][]string {
	v := c.value
	escaped, _ := json.Marshal(v) // cannot fail for a string
	var plain strings.Builder
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // cannot fail either
	inner := func(quoted string) string {
		quoted = strings.TrimSpace(quoted)
		return quoted[1 : len(quoted)-1]
	}
	forms := map[string][]string{
		"raw":          {v},
		"JSON":         {inner(string(escaped)), inner(plain.String()), asciiJSON(inner(plain.String()))},
		"URL":          {url.QueryEscape(v), url.PathEscape(v)},
		"base64":       base64Forms(base64.StdEncoding, v),
		"base64url":    base64Forms(base64.URLEncoding, v),
		"hex":          {hex.EncodeToString([]byte(v)), strings.ToUpper(hex.EncodeToString([]byte(v)))},
		"Go-quoted":    {inner(strconv.Quote(v)), inner(strconv.QuoteToASCII(v))},
		"HTML":         {html.EscapeString(v)},
		"shell-quoted": {strings.ReplaceAll(v, "'", `'\''`)},
		"a line":       linesOf(v),
	}
	if c.inName {
		for _, name := range []string{"raw", "JSON", "URL", "Go-quoted", "HTML", "shell-quoted", "a line"} {
			delete(forms, name)
		}
	}
	return forms
}

// asciiJSON escapes all but ASCII in a JSON text.
func asciiJSON(text string) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		if unit < unicode.MaxASCII {
			out.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.String()
}

// base64Forms returns the fixed part of a value's base64, for each of its three possible offsets in
// a group.
func base64Forms(encoding *base64.Encoding, v string) []string {
	var forms []string
	for offset := range 3 {
		text := encoding.WithPadding(base64.NoPadding).EncodeToString(append(make([]byte, offset), v...))
		text = text[[...]int{0, 2, 3}[offset]:]
		if (offset+len(v))%3 != 0 {
			text = text[:len(text)-1]
		}
		forms = append(forms, text)
	}
	return forms
}

// linesOf returns the lines of a value that are a leak by themselves.
func linesOf(v string) []string {
	var lines []string
	for line := range strings.Lines(v) {
		line = strings.TrimSpace(line)
		if len(line) >= 8 && !strings.HasPrefix(line, "-----") {
			lines = append(lines, line)
		}
	}
	return lines
}

// trap finds canaries in texts.
type trap struct{ forms []trapForm }

type trapForm struct {
	canary, encoding, text string
	dense                  string // without blanks; "" if too short to search for
}

func newTrap(all []canary) *trap {
	t := &trap{}
	for _, c := range all {
		for encoding, texts := range c.encodings() {
			for _, text := range texts {
				form := trapForm{canary: c.name, encoding: encoding, text: text}
				if dense := squeeze(text); len(dense) >= 12 {
					form.dense = dense
				}
				t.forms = append(t.forms, form)
			}
		}
	}
	return t
}

// in returns the names of the canaries in a text, also of those split over lines.
func (t *trap) in(text string) []string {
	dense := squeeze(text)
	var found []string
	for _, f := range t.forms {
		switch {
		case strings.Contains(text, f.text):
			found = append(found, f.canary+" ("+f.encoding+")")
		case f.dense != "" && strings.Contains(dense, f.dense):
			found = append(found, f.canary+" ("+f.encoding+", over a line wrap)")
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// squeeze removes line wraps and indentation.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '│' {
			return -1
		}
		return r
	}, text)
}

// TestTheTrapFindsEveryForm plants each canary in each encoding, with and without line wraps.
func TestTheTrapFindsEveryForm(t *testing.T) {
	t.Parallel()
	all := canaries()
	if len(all) < 24 {
		t.Fatalf("%d canaries, want 24", len(all))
	}
	trap := newTrap(all)
	if found := trap.in("Apply: 3 applied. canary-job-a -----BEGIN PRIVATE KEY-----"); len(found) > 0 {
		t.Errorf("found in a text without a secret: %v", found)
	}
	for _, c := range all {
		for encoding, forms := range c.encodings() {
			for _, form := range forms {
				if len(trap.in("before "+form+" after")) == 0 {
					t.Errorf("%s as %s is not found: %q", c.name, encoding, form)
				}
				half := len(form) / 2
				if len(squeeze(form)) >= 12 && len(trap.in(form[:half]+"\n        "+form[half:])) == 0 {
					t.Errorf("%s as %s is not found over a line wrap", c.name, encoding)
				}
			}
		}
	}
}
