package jsontree_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestEveryPrefixIsRefused checks that a document that is cut off anywhere is an error and never a
// panic.
func TestEveryPrefixIsRefused(t *testing.T) {
	t.Parallel()
	for _, whole := range []string{
		`{"a":[1,-2.5e+10,true,false,null,"x\n\u00e9\ud83d\ude00"],"b":{},"c":[],"\u0064":{"e":"f"}}`,
		`["\ud83d\ude00"]`, `{"key" : "value" }`, `{ }`, `[ ]`,
	} {
		if _, err := jsontree.Parse([]byte(whole), jsontree.Limits{}); err != nil {
			t.Fatalf("%s: %v", whole, err)
		}
		for end := range len(whole) {
			if _, err := jsontree.Parse(slices.Clip([]byte(whole[:end])), jsontree.Limits{}); err == nil {
				t.Errorf("%s is taken", whole[:end])
			}
		}
	}
	for _, end := range []string{`"\`, `"\u`, `"\u0`, `"\u004`, `"\u0041`, `"\ud83d`, `"\ud83d\`, `"\ud83d\u`, `"\ud83d\ude0`} {
		if _, err := jsontree.Parse([]byte(end), jsontree.Limits{}); err == nil {
			t.Errorf("%s is taken", end)
		}
	}
	for _, number := range []string{"-", "1.", "1e", "1e+", "1.e2", "01", "1e2e", ".5", "+1", "1-"} {
		if _, err := jsontree.Parse([]byte(number), jsontree.Limits{}); err == nil {
			t.Errorf("%s is taken", number)
		}
	}
	for _, number := range []string{"0", "-0", "7", "42"} { // a number may end the document
		if v, err := jsontree.Parse([]byte(number), jsontree.Limits{}); err != nil || v.Text() != number {
			t.Errorf("%s: %v, %v", number, v.Text(), err)
		}
	}
}

// TestLimitsAreExact checks that a document at a limit is accepted and one above it is not.
func TestLimitsAreExact(t *testing.T) {
	t.Parallel()
	for text, at := range map[string]jsontree.Limits{
		`[1,2]`:         {Bytes: 5},
		`[[1]]`:         {Depth: 2},
		`{"a":{"b":1}}`: {Depth: 2},
		`[1,{"a":2}]`:   {Values: 4},
	} {
		if _, err := jsontree.Parse([]byte(text), at); err != nil {
			t.Errorf("%s with %+v: %v", text, at, err)
		}
		below := jsontree.Limits{Bytes: at.Bytes - 1, Depth: at.Depth - 1, Values: at.Values - 1}
		for limit := range []int{0, 1, 2} {
			one := jsontree.Limits{}
			switch limit {
			case 0:
				one.Bytes = max(0, below.Bytes)
			case 1:
				one.Depth = max(0, below.Depth)
			case 2:
				one.Values = max(0, below.Values)
			}
			if one == (jsontree.Limits{}) {
				continue
			}
			if _, err := jsontree.Parse([]byte(text), one); err == nil {
				t.Errorf("%s is taken with %+v", text, one)
			}
		}
	}
}

// TestQuotedEdges checks that characters next to the escaped ranges keep their meaning.
func TestQuotedEdges(t *testing.T) {
	t.Parallel()
	for _, text := range []string{" ", "~", "\x7f", "\u0080", "\u009f", "\u00a0", "\ufffd", "\uffff", "\U00010000", "\U000e007f", "\U000e0080"} {
		quoted := jsontree.AppendQuoted(nil, text)
		var back string
		if err := json.Unmarshal(quoted, &back); err != nil || back != text {
			t.Errorf("%q becomes %s, which means %q (%v)", text, quoted, back, err)
		}
	}
	if got := string(jsontree.AppendQuoted(nil, "\ufffd")); got != "\"\ufffd\"" {
		t.Errorf("U+FFFD becomes %s", got)
	}
	if got := string(jsontree.AppendQuoted(nil, "\x80")); got != `"\ufffd"` {
		t.Errorf("an invalid byte becomes %s", got)
	}
}

// TestKeysOfOneMeaning checks that every letter is folded, including the first and last of the
// alphabet and letters beyond ASCII.
func TestKeysOfOneMeaning(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"A", "a"}, {"Z", "z"}, {"xA", "xa"}, {"É", "é"}, {"k", "\u212a"}} {
		text := `{"` + pair[0] + `":1,"` + pair[1] + `":2}`
		if _, err := jsontree.Parse([]byte(text), jsontree.Limits{}); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
	for _, pair := range [][2]string{{"@", "`"}, {"[", "{"}} {
		text := `{"` + pair[0] + `":1,"` + pair[1] + `":2}`
		if _, err := jsontree.Parse([]byte(text), jsontree.Limits{}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestPackedLengths checks that lengths whose last seven bits are zero are read completely.
func TestPackedLengths(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 127, 128, 129, 255, 256, 16383, 16384, 16512} {
		text := jsontree.String(strings.Repeat("x", n))
		if have := jsontree.Pack(text).Unpack(); !jsontree.Equal(have, text) {
			t.Errorf("a text of %d bytes comes back with %d", n, len(have.Text()))
		}
		list := jsontree.Array()
		for range n {
			list.Append(jsontree.Null())
		}
		if have := jsontree.Pack(list).Unpack(); have.Len() != n {
			t.Errorf("a list of %d items comes back with %d", n, have.Len())
		}
	}
}
