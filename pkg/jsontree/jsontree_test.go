package jsontree_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

func TestParseKeepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"scalars":      `[null,true,false,"",0,-1,1.10,1e3,12345678901234567890]`,
		"member order": `{"z":1,"a":{"y":[],"x":{}},"m":null}`,
		"empty":        `{}`,
		"blanks":       `{"dependencyCheckParam":" "}`,
		"chinese":      `{"name":"Maven构建 🚀"}`,
		"nested":       `[[[[1]]]]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := jsontree.Parse([]byte(text), jsontree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(text, string(v.AppendJSON(nil))); diff != "" {
				t.Errorf("parsed and written again (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		offset int
		reason string
	}{
		"nothing":              {``, 0, "ends early"},
		"cut":                  {`{"result":{"job_id":"a`, 22, "unclosed string"},
		"cut after a comma":    {`[1,`, 3, "ends early"},
		"trailing data":        {`{} {}`, 3, "data after the value"},
		"duplicate key":        {`{"a":1,"a":2}`, 7, `duplicate key "a"`},
		"case-variant key":     {`{"status":1,"STATUS":2}`, 12, "letter case"},
		"long s variant":       {`{"status":1,"ſtatus":2}`, 12, "letter case"},
		"invalid UTF-8":        {"\"a\xff\"", 2, "invalid UTF-8"},
		"control character":    {"\"a\nb\"", 2, "control character"},
		"lone surrogate":       {`"\ud800"`, 7, "unpaired surrogate"},
		"surrogate then text":  {`"\ud800\u0041"`, 13, "unpaired surrogate"},
		"leading zero":         {`01`, 0, "malformed number"},
		"bare minus":           {`-`, 0, "malformed number"},
		"dot without digits":   {`1.`, 0, "malformed number"},
		"exponent of nothing":  {`1e`, 0, "malformed number"},
		"not a number":         {`NaN`, 0, "unexpected"},
		"unknown escape":       {`"\x41"`, 1, "unknown escape"},
		"HTML":                 {`<html>`, 0, "unexpected"},
		"trailing comma":       {`{"a":1,}`, 7, "a key was expected"},
		"missing colon":        {`{"a" 1}`, 5, "':' was expected"},
		"byte-order mark":      {"\ufeff{}", 0, "unexpected"},
		"nesting without end":  {strings.Repeat("[", 20000), 101, "nesting deeper"},
		"malformed \\u escape": {`"\u00g0"`, 1, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := jsontree.Parse([]byte(c.text), jsontree.Limits{})
			var syntax *jsontree.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got error %v, want a *SyntaxError", err)
			}
			if syntax.Offset != c.offset || !strings.Contains(syntax.Reason, c.reason) {
				t.Errorf("got %q at %d, want %q at %d", syntax.Reason, syntax.Offset, c.reason, c.offset)
			}
		})
	}
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]jsontree.Limits{
		"bytes":  {Bytes: 5},
		"depth":  {Depth: 1},
		"values": {Values: 3},
	} {
		if _, err := jsontree.Parse([]byte(`[[1],2,3]`), limits); err == nil {
			t.Errorf("limit on %s: accepted", name)
		}
	}
}

func TestAbsentNullAndEmptyDiffer(t *testing.T) {
	t.Parallel()
	v, err := jsontree.Parse([]byte(`{"null":null,"text":"","list":[]}`), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]jsontree.Kind{
		"missing": jsontree.KindAbsent, "null": jsontree.KindNull,
		"text": jsontree.KindString, "list": jsontree.KindArray,
	}
	for key, want := range kinds {
		if got := v.Get(key).Kind(); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
		if !v.Get(key).IsEmpty() {
			t.Errorf("%s does not count as empty", key)
		}
		for other := range kinds {
			if same := jsontree.Equal(v.Get(key), v.Get(other)); same != (key == other) {
				t.Errorf("Equal(%s, %s) = %v", key, other, same)
			}
		}
	}
}

func TestSetAndDelete(t *testing.T) {
	t.Parallel()
	v := jsontree.Object(jsontree.Member{Key: "a", Value: jsontree.Int(1)}, jsontree.Member{Key: "b", Value: jsontree.Null()})
	copied := v.Clone()
	v.Set("a", jsontree.String("x"))
	v.Set("c", jsontree.Bool(true))
	v.Set("b", nil)
	if got, want := string(v.AppendJSON(nil)), `{"a":"x","c":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(copied.AppendJSON(nil)), `{"a":1,"b":null}`; got != want {
		t.Errorf("the clone changed with its original: got %s, want %s", got, want)
	}
	if v.Len() != 2 || copied.Len() != 2 {
		t.Errorf("%d and %d members, want 2 of each", v.Len(), copied.Len())
	}
}

// TestAgreesWithEncodingJSON checks that Parse reads what encoding/json writes with the same
// meaning, and the reverse.
func TestAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := value(3).Draw(t, "value")
		ours := v.AppendJSON(nil)
		var theirs any
		if err := json.Unmarshal(ours, &theirs); err != nil {
			t.Fatalf("encoding/json refuses %s: %v", ours, err)
		}
		written, err := json.Marshal(theirs)
		if err != nil {
			t.Fatal(err)
		}
		back, err := jsontree.Parse(written, jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if !jsontree.Equal(v, back) {
			t.Fatalf("%s came back as %s", ours, back.AppendJSON(nil))
		}
	})
}

// value draws JSON whose keys do not collide when their case is folded.
func value(depth int) *rapid.Generator[*jsontree.Value] {
	return rapid.Custom(func(t *rapid.T) *jsontree.Value {
		kinds := 4
		if depth > 0 {
			kinds = 6
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return jsontree.Null()
		case 1:
			return jsontree.Bool(rapid.Bool().Draw(t, "bool"))
		case 2:
			return jsontree.Int(int64(rapid.IntRange(-1<<30, 1<<30).Draw(t, "int")))
		case 3:
			return jsontree.String(rapid.String().Draw(t, "string"))
		case 4:
			return jsontree.Array(rapid.SliceOfN(value(depth-1), 0, 4).Draw(t, "items")...)
		}
		keys := rapid.SliceOfNDistinct(rapid.String(), 0, 4, func(key string) string {
			return strings.ToLower(strings.ToUpper(key))
		}).Draw(t, "keys")
		object := jsontree.Object()
		for _, key := range keys {
			object.Set(key, value(depth-1).Draw(t, "member"))
		}
		return object
	})
}

// TestWrittenJSONHoldsNoHiddenCharacter checks that written JSON escapes every character that acts
// on a terminal.
func TestWrittenJSONHoldsNoHiddenCharacter(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		text := jsontree.AppendQuoted(nil, string(r))
		for _, c := range string(text) {
			if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029' {
				t.Fatalf("U+%04X is written as %q", r, text)
			}
		}
		back, err := jsontree.Parse(text, jsontree.Limits{})
		if err != nil || back.Text() != string(r) {
			t.Fatalf("U+%04X came back as %q, %v", r, back.Text(), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\u00e9",null]}`, `"\ud83d\ude80"`, `[1e-5,-0]`, `{"a":{"A":1}}`, `{`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jsontree.Parse(data, jsontree.Limits{})
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("accepted what encoding/json refuses: %q", data)
		}
		again, err := jsontree.Parse(v.AppendJSON(nil), jsontree.Limits{})
		if err != nil || !jsontree.Equal(v, again) {
			t.Fatalf("%q does not survive being written: %v", data, err)
		}
	})
}
