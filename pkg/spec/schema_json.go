package spec

import (
	"bytes"
	"encoding/json"
	"iter"
)

// The functions below read the embedded schemas, which are JSON; a test holds that. They skip what
// nobody asks for, mostly descriptions, many times faster than encoding/json decodes it.

// jsonMembers returns the members of an object in order, each value as it is written.
func jsonMembers(object []byte) iter.Seq2[string, []byte] {
	return func(yield func(key string, value []byte) bool) {
		for rest := jsonInside(object); len(rest) > 0; {
			key, after := jsonCut(rest)
			value, after := jsonCut(bytes.TrimLeft(after, jsonBetween))
			if !yield(jsonValue[string](key), value) {
				return
			}
			rest = bytes.TrimLeft(after, jsonBetween)
		}
	}
}

// jsonItems returns the items of an array; any other value is its only item.
func jsonItems(array []byte) iter.Seq[[]byte] {
	return func(yield func(item []byte) bool) {
		if array[0] != '[' {
			yield(array)
			return
		}
		for rest := jsonInside(array); len(rest) > 0; {
			item, after := jsonCut(rest)
			if !yield(item) {
				return
			}
			rest = bytes.TrimLeft(after, jsonBetween)
		}
	}
}

// jsonBetween are the characters between values.
const jsonBetween = " \t\r\n,:"

// jsonInside returns what is between the brackets of an object or array.
func jsonInside(value []byte) []byte {
	value = bytes.TrimSpace(value)
	return bytes.Trim(value[1:len(value)-1], jsonBetween)
}

// jsonCut splits a text after its first value.
func jsonCut(text []byte) (value, after []byte) {
	end, depth := 0, 0
	switch text[0] {
	case '"', '{', '[':
		for {
			switch text[end] {
			case '"':
				end += jsonText(text[end:])
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			if end++; depth == 0 {
				return text[:end], text[end:]
			}
		}
	}
	if end = bytes.IndexAny(text, jsonBetween); end < 0 {
		end = len(text)
	}
	return text[:end], text[end:]
}

// jsonText returns the offset of the quote that ends a text.
func jsonText(text []byte) int {
	end := 1
	for {
		end += bytes.IndexByte(text[end:], '"')
		backslashes := len(text[:end]) - len(bytes.TrimRight(text[:end], `\`))
		if backslashes%2 == 0 {
			return end
		}
		end++
	}
}

// jsonValue decodes one value of a schema.
func jsonValue[T any](text []byte) (value T) {
	if plain, ok := any(&value).(*string); ok && bytes.IndexByte(text, '\\') < 0 {
		*plain = string(text[1 : len(text)-1])
		return value
	}
	if err := json.Unmarshal(text, &value); err != nil {
		panic("bug in buildsync: a schema: " + err.Error())
	}
	return value
}
