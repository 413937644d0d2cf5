package jsontree

import (
	"slices"
	"sort"
	"strconv"
)

// Kind tells what a Value is.
type Kind uint8

// The kinds of JSON. Absent is the kind of a nil *Value, so that a member that
// is missing and one that is null never look alike.
const (
	KindAbsent Kind = iota
	KindNull
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

func (k Kind) String() string {
	return [...]string{"absent", "null", "boolean", "number", "string", "array", "object"}[k]
}

// Value is one JSON value. A nil *Value is an absent one: every reading method
// works on it.
type Value struct {
	kind  Kind
	text  string // a string's content, a number's literal, "true" or "false"
	*list        // of an array or object; nil for a scalar, of which there are most
}

// list is what arrays and objects hold.
type list struct {
	items   []*Value
	members []Member
}

// content returns what v holds; it makes room in a value that was not a list, which
// stays the kind that it is.
func (v *Value) content() *list {
	if v.list == nil {
		v.list = &list{}
	}
	return v.list
}

// newList makes an array or object, in one piece.
func newList(kind Kind) *Value {
	v := &struct {
		Value
		content list
	}{Value: Value{kind: kind}}
	v.list = &v.content
	return &v.Value
}

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value *Value
}

// Null makes the value null.
func Null() *Value { return &Value{kind: KindNull} }

// Bool makes a boolean.
func Bool(b bool) *Value { return &Value{kind: KindBool, text: strconv.FormatBool(b)} }

// String makes a string.
func String(s string) *Value { return &Value{kind: KindString, text: s} }

// Int makes a number.
func Int(n int64) *Value { return &Value{kind: KindNumber, text: strconv.FormatInt(n, 10)} }

// Number makes a number from its JSON literal; the literal is kept as it is.
// It panics on text that is not a JSON number: callers have parsed it already.
func Number(literal string) *Value {
	if !validNumber(literal) {
		panic("jsontree: not a JSON number: " + strconv.Quote(literal))
	}
	return &Value{kind: KindNumber, text: literal}
}

// Array makes an array of the items given.
func Array(items ...*Value) *Value {
	v := newList(KindArray)
	v.items = items
	return v
}

// Object makes an object of the members given, in that order.
func Object(members ...Member) *Value {
	v := newList(KindObject)
	v.members = members
	return v
}

// Kind returns what v is; KindAbsent for nil.
func (v *Value) Kind() Kind {
	if v == nil {
		return KindAbsent
	}
	return v.kind
}

// IsAbsentOrNull reports whether v holds nothing.
func (v *Value) IsAbsentOrNull() bool { return v == nil || v.kind == KindNull }

// IsEmpty reports whether v is absent, null, "", [] or {}.
func (v *Value) IsEmpty() bool {
	switch v.Kind() {
	case KindAbsent, KindNull:
		return true
	case KindString:
		return v.text == ""
	case KindArray:
		return len(v.items) == 0
	case KindObject:
		return len(v.members) == 0
	}
	return false
}

// Text returns the text of a scalar: a string's content, a number's literal,
// "true" or "false"; "" for everything else.
func (v *Value) Text() string {
	if v == nil {
		return ""
	}
	return v.text
}

// AsString returns a string's content and whether v is a string.
func (v *Value) AsString() (string, bool) {
	if v.Kind() != KindString {
		return "", false
	}
	return v.text, true
}

// AsBool returns a boolean and whether v is one. The strings "true" and
// "false" are not booleans: where the API mixes them is for diff to know.
func (v *Value) AsBool() (value, ok bool) {
	if v.Kind() != KindBool {
		return false, false
	}
	return v.text == "true", true
}

// Items returns an array's items, nil for everything else.
func (v *Value) Items() []*Value {
	if v == nil || v.list == nil {
		return nil
	}
	return v.items
}

// Members returns an object's members in order, nil for everything else.
func (v *Value) Members() []Member {
	if v == nil || v.list == nil {
		return nil
	}
	return v.members
}

// Len returns how many items or members v has.
func (v *Value) Len() int {
	if v == nil || v.list == nil {
		return 0
	}
	return len(v.items) + len(v.members)
}

// Get returns the member called key, nil if there is none.
func (v *Value) Get(key string) *Value {
	if v == nil || v.list == nil {
		return nil
	}
	for i := range v.members {
		if v.members[i].Key == key {
			return v.members[i].Value
		}
	}
	return nil
}

// Str returns the text of the scalar member called key, "" if there is none.
func (v *Value) Str(key string) string { return v.Get(key).Text() }

// Set gives the member called key a value: in its place if v has it, else at
// the end. A nil value deletes the member. v must be an object.
func (v *Value) Set(key string, value *Value) {
	if value == nil {
		v.Delete(key)
		return
	}
	v.content()
	for i := range v.members {
		if v.members[i].Key == key {
			v.members[i].Value = value
			return
		}
	}
	v.members = append(v.members, Member{Key: key, Value: value})
}

// Delete removes the member called key, if there is one.
func (v *Value) Delete(key string) {
	if v == nil || v.list == nil {
		return
	}
	v.members = slices.DeleteFunc(v.members, func(m Member) bool { return m.Key == key })
}

// Append adds items to an array.
func (v *Value) Append(items ...*Value) {
	held := v.content()
	held.items = append(held.items, items...)
}

// SetItems replaces an array's items.
func (v *Value) SetItems(items []*Value) { v.content().items = items }

// Clone returns a deep copy; nil for nil.
func (v *Value) Clone() *Value {
	if v == nil {
		return nil
	}
	if v.list == nil {
		return &Value{kind: v.kind, text: v.text}
	}
	c := newList(v.kind)
	c.text = v.text
	if v.items != nil {
		c.items = make([]*Value, len(v.items))
		for i, item := range v.items {
			c.items[i] = item.Clone()
		}
	}
	if v.members != nil {
		c.members = make([]Member, len(v.members))
		for i, m := range v.members {
			c.members[i] = Member{Key: m.Key, Value: m.Value.Clone()}
		}
	}
	return c
}

// Equal reports whether a and b are the same JSON, members in any order.
// Numbers are compared by value, and absent is not null.
func Equal(a, b *Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case KindAbsent, KindNull:
		return true
	case KindArray:
		return slices.EqualFunc(a.items, b.items, Equal)
	case KindObject:
		if len(a.members) != len(b.members) {
			return false
		}
		for i := range a.members {
			other := b.Get(a.members[i].Key)
			if other == nil || !Equal(a.members[i].Value, other) {
				return false
			}
		}
		return true
	case KindNumber:
		return a.text == b.text || CanonicalNumber(a.text) == CanonicalNumber(b.text)
	default:
		return a.text == b.text
	}
}

// SortKeys orders the members of v and of everything in it by key, in place.
func (v *Value) SortKeys() {
	if v == nil || v.list == nil {
		return
	}
	sort.SliceStable(v.members, func(i, j int) bool { return v.members[i].Key < v.members[j].Key })
	for i := range v.members {
		v.members[i].Value.SortKeys()
	}
	for _, item := range v.items {
		item.SortKeys()
	}
}
