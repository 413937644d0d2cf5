package jsontree

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// AppendJSON appends v as compact JSON. Only what JSON demands is escaped, plus
// the control and format characters that would act on a terminal: U+007F to
// U+009F, the bidirectional and zero-width marks, and U+2028 and U+2029.
func (v *Value) AppendJSON(dst []byte) []byte {
	switch v.Kind() {
	case KindAbsent, KindNull:
		return append(dst, "null"...)
	case KindString:
		return AppendQuoted(dst, v.text)
	case KindArray:
		dst = append(dst, '[')
		for i, item := range v.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case KindObject:
		dst = append(dst, '{')
		for i := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendQuoted(dst, v.members[i].Key)
			dst = append(dst, ':')
			dst = v.members[i].Value.AppendJSON(dst)
		}
		return append(dst, '}')
	default:
		return append(dst, v.text...)
	}
}

// MarshalJSON writes v as compact JSON.
func (v *Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// UnmarshalJSON reads v with the default limits of Parse.
func (v *Value) UnmarshalJSON(data []byte) error {
	parsed, err := Parse(data, Limits{})
	if err != nil {
		return err
	}
	*v = *parsed
	return nil
}

// Indented returns v as JSON over several lines, two blanks a level, with a
// line break at the end.
func (v *Value) Indented() []byte {
	var buf bytes.Buffer
	// The input is JSON that this package wrote, which Indent cannot refuse.
	_ = json.Indent(&buf, v.AppendJSON(nil), "", "  ")
	buf.WriteByte('\n')
	return buf.Bytes()
}

// AppendQuoted appends s as a JSON string, escaped as AppendJSON describes.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b < utf8.RuneSelf {
			if b >= ' ' && b != '"' && b != '\\' && b != 0x7f {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			dst = appendEscapedByte(dst, b)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if (r == utf8.RuneError && size == 1) || hidden(r) {
			dst = append(dst, s[start:i]...)
			dst = appendEscapedRune(dst, r)
			i += size
			start = i
			continue
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// hidden reports whether r changes what a person sees without being seen.
func hidden(r rune) bool {
	switch {
	case r <= 0x9f, r == 0xad, r == 0x61c, r == 0xfeff:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}

func appendEscapedByte(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&0xf])
	}
}

func appendEscapedRune(dst []byte, r rune) []byte {
	if r > 0xffff {
		r -= 0x10000
		dst = appendEscapedRune(dst, 0xd800+(r>>10))
		return appendEscapedRune(dst, 0xdc00+(r&0x3ff))
	}
	return append(dst, '\\', 'u', hex[r>>12&0xf], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
}
