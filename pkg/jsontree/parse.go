package jsontree

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits bound what Parse accepts. A zero field stands for its default.
type Limits struct {
	Bytes  int // of the document; default 32 MiB
	Depth  int // of nesting; default 100
	Values int // in all; default 2,000,000
}

// SyntaxError says why a document was refused and where, in bytes from 0.
type SyntaxError struct {
	Offset int
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not the JSON expected: %s at byte %d", e.Reason, e.Offset)
}

// Parse reads exactly one JSON value from data. It refuses what the package
// comment lists with a *SyntaxError.
func Parse(data []byte, limits Limits) (*Value, error) {
	if limits.Bytes == 0 {
		limits.Bytes = 32 << 20
	}
	if limits.Depth == 0 {
		limits.Depth = 100
	}
	if limits.Values == 0 {
		limits.Values = 2_000_000
	}
	p := &parser{data: data, limits: limits}
	if len(data) > limits.Bytes {
		return nil, p.fail(fmt.Sprintf("%d bytes, more than %d", len(data), limits.Bytes))
	}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(data) {
		return nil, p.fail("data after the value")
	}
	return v, nil
}

type parser struct {
	data   []byte
	at     int
	values int
	keys   map[string]string // the names read so far
	limits Limits
}

func (p *parser) fail(reason string) error { return &SyntaxError{Offset: p.at, Reason: reason} }

func (p *parser) space() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (*Value, error) {
	if depth > p.limits.Depth {
		return nil, p.fail(fmt.Sprintf("nesting deeper than %d", p.limits.Depth))
	}
	if p.values++; p.values > p.limits.Values {
		return nil, p.fail(fmt.Sprintf("more than %d values", p.limits.Values))
	}
	if p.at >= len(p.data) {
		return nil, p.fail("the document ends early")
	}
	switch c := p.data[p.at]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, err := p.str()
		return &Value{kind: KindString, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, word := range [...]struct {
		text string
		kind Kind
	}{{"null", KindNull}, {"true", KindBool}, {"false", KindBool}} {
		if strings.HasPrefix(string(p.data[p.at:min(len(p.data), p.at+len(word.text))]), word.text) {
			p.at += len(word.text)
			v := &Value{kind: word.kind}
			if word.kind == KindBool {
				v.text = word.text
			}
			return v, nil
		}
	}
	return nil, p.fail(fmt.Sprintf("unexpected %q", rune(p.data[p.at])))
}

func (p *parser) object(depth int) (*Value, error) {
	v := newList(KindObject)
	p.at++
	p.space()
	if p.at < len(p.data) && p.data[p.at] == '}' {
		p.at++
		return v, nil
	}
	var names nameSet
	for {
		p.space()
		if p.at >= len(p.data) || p.data[p.at] != '"' {
			return nil, p.fail("a key was expected")
		}
		start := p.at
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		if at, twice := names.add(fold(key)); twice {
			first := v.members[at].Key
			p.at = start
			if first == key {
				return nil, p.fail(fmt.Sprintf("duplicate key %q", key))
			}
			return nil, p.fail(fmt.Sprintf("keys %q and %q differ only in letter case", first, key))
		}
		p.space()
		if p.at >= len(p.data) || p.data[p.at] != ':' {
			return nil, p.fail("':' was expected")
		}
		p.at++
		p.space()
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v.members = append(v.members, Member{Key: key, Value: item})
		more, err := p.next('}')
		if err != nil || !more {
			return v, err
		}
	}
}

// nameSet holds the folded names of an object's members, in order. Most objects
// are small and need no map.
type nameSet struct {
	few  [16]string
	n    int
	many map[string]int
}

// add adds a name. If the set has it already, add returns its position.
func (s *nameSet) add(name string) (at int, twice bool) {
	if s.many != nil {
		at, twice = s.many[name]
	} else {
		at = slices.Index(s.few[:s.n], name)
		twice = at >= 0
	}
	switch {
	case twice:
		return at, true
	case s.many != nil:
		s.many[name] = s.n
	case s.n < len(s.few):
		s.few[s.n] = name
	default:
		s.many = make(map[string]int, 2*len(s.few))
		for i, known := range s.few {
			s.many[known] = i
		}
		s.many[name] = s.n
	}
	s.n++
	return 0, false
}

func (p *parser) array(depth int) (*Value, error) {
	v := newList(KindArray)
	p.at++
	p.space()
	if p.at < len(p.data) && p.data[p.at] == ']' {
		p.at++
		return v, nil
	}
	for {
		p.space()
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v.items = append(v.items, item)
		more, err := p.next(']')
		if err != nil || !more {
			return v, err
		}
	}
}

// next passes a comma (more follows) or the closing bracket.
func (p *parser) next(closing byte) (more bool, err error) {
	p.space()
	if p.at >= len(p.data) {
		return false, p.fail("the document ends early")
	}
	switch p.data[p.at] {
	case ',':
		p.at++
		return true, nil
	case closing:
		p.at++
		return false, nil
	}
	return false, p.fail(fmt.Sprintf("',' or %q was expected", rune(closing)))
}

func (p *parser) number() (*Value, error) {
	end := p.at
	for end < len(p.data) && strings.IndexByte("+-.eE0123456789", p.data[end]) >= 0 {
		end++
	}
	text := string(p.data[p.at:end])
	if !validNumber(text) {
		return nil, p.fail("a malformed number")
	}
	p.at = end
	return &Value{kind: KindNumber, text: text}, nil
}

// validNumber reports whether s is a number by the grammar of RFC 8259 §6.
func validNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if rest, ok := strings.CutPrefix(s, "."); ok {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if digits == 0 {
			return false
		}
		s = rest[digits:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		return digits > 0 && digits == len(s)
	}
	return s == ""
}

// key reads the name of a member. Documents repeat few names, so each is kept
// once.
func (p *parser) key() (string, error) {
	end := p.at + 1
	for end < len(p.data) && p.data[end] >= ' ' && p.data[end] < utf8.RuneSelf && p.data[end] != '"' && p.data[end] != '\\' {
		end++
	}
	if end >= len(p.data) || p.data[end] != '"' {
		return p.str()
	}
	raw := p.data[p.at+1 : end]
	p.at = end + 1
	if known, ok := p.keys[string(raw)]; ok {
		return known, nil
	}
	if p.keys == nil {
		p.keys = map[string]string{}
	}
	key := string(raw)
	p.keys[key] = key
	return key, nil
}

func (p *parser) str() (string, error) {
	p.at++
	start := p.at
	var out []byte // nil while the text needs no unescaping
	for p.at < len(p.data) {
		switch c := p.data[p.at]; {
		case c == '"':
			text := string(p.data[start:p.at])
			if out != nil {
				text = string(append(out, p.data[start:p.at]...))
			}
			p.at++
			return text, nil
		case c < ' ':
			return "", p.fail("a bare control character in a string")
		case c == '\\':
			out = append(out, p.data[start:p.at]...)
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
			start = p.at
		case c < utf8.RuneSelf:
			p.at++
		default:
			r, size := utf8.DecodeRune(p.data[p.at:])
			if r == utf8.RuneError && size == 1 {
				return "", p.fail("invalid UTF-8")
			}
			p.at += size
		}
	}
	return "", p.fail("an unclosed string")
}

// escape reads one escape sequence, a surrogate pair as one.
func (p *parser) escape() (rune, error) {
	if p.at+1 >= len(p.data) {
		return 0, p.fail("an unclosed string")
	}
	c := p.data[p.at+1]
	if c == 'u' {
		r, err := p.hex4()
		if err != nil {
			return 0, err
		}
		if !utf16.IsSurrogate(r) {
			return r, nil
		}
		if p.at+1 < len(p.data) && p.data[p.at] == '\\' && p.data[p.at+1] == 'u' {
			low, err := p.hex4()
			if err != nil {
				return 0, err
			}
			if pair := utf16.DecodeRune(r, low); pair != unicode.ReplacementChar {
				return pair, nil
			}
		}
		return 0, p.fail("an unpaired surrogate")
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		return 0, p.fail("an unknown escape")
	}
	p.at += 2
	return rune("\"\\/\b\f\n\r\t"[i]), nil
}

func (p *parser) hex4() (rune, error) {
	if p.at+6 > len(p.data) {
		return 0, p.fail("an unclosed string")
	}
	var r rune
	for _, c := range p.data[p.at+2 : p.at+6] {
		i := strings.IndexByte(hex, c|0x20)
		if i < 0 || c < '0' {
			return 0, p.fail("a malformed \\u escape")
		}
		r = r<<4 | rune(i)
	}
	p.at += 6
	return r, nil
}

// fold maps keys that encoding/json would take for one to one text.
func fold(key string) string {
	plain := func(c byte) bool { return c < utf8.RuneSelf && (c < 'A' || c > 'Z') }
	for i := range len(key) {
		if !plain(key[i]) {
			return strings.ToLower(strings.ToUpper(key))
		}
	}
	return key
}
