package spec

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// valid reports whether a node conforms to a schema. A value that could not be resolved is valid,
// because that was reported. A text from a reference is read as the type that its place needs,
// because vars have no types.
func (s *schema) valid(n *Node) bool {
	if n.Kind == ScalarNode && (n.Type == 0 || n.Type == StringType && n.Origin != nil) {
		if n.Type == 0 || s.conforms(n) {
			return true
		}
		as := *n
		as.Type, as.Origin = coreType(n.Text), nil
		return as.Type != StringType && s.conforms(&as)
	}
	return s.conforms(n)
}

func (s *schema) conforms(n *Node) bool {
	if s.ref != nil && !s.ref().valid(n) {
		return false
	}
	if s.types != 0 && s.types&typeOf(n) == 0 {
		return false
	}
	if s.enum != nil && !slices.ContainsFunc(s.enum, func(v any) bool { return equalJSON(v, n) }) {
		return false
	}
	if !s.validOfKind(n) {
		return false
	}
	if s.anyOf != nil && !slices.ContainsFunc(s.anyOf, func(sub *schema) bool { return sub.valid(n) }) {
		return false
	}
	for _, sub := range s.allOf {
		if !sub.valid(n) {
			return false
		}
	}
	if s.not != nil && s.not.valid(n) {
		return false
	}
	if s.when == nil {
		return true
	}
	branch := s.otherwise
	if s.when.valid(n) {
		branch = s.then
	}
	return branch == nil || branch.valid(n)
}

func (s *schema) validOfKind(n *Node) bool {
	switch n.Kind {
	case MappingNode:
		return s.validMapping(n)
	case SequenceNode:
		return s.validSequence(n)
	}
	switch n.Type {
	case StringType:
		return s.validText(n.Text)
	case IntType, FloatType:
		if s.minimum == nil && s.maximum == nil {
			return true
		}
		number := numberOf(n)
		return (s.minimum == nil || number.Cmp(s.minimum) >= 0) && (s.maximum == nil || number.Cmp(s.maximum) <= 0)
	}
	return true
}

func (s *schema) validText(text string) bool {
	if s.minLength >= 0 || s.maxLength >= 0 {
		length := utf8.RuneCountInString(text)
		if length < int(s.minLength) || s.maxLength >= 0 && length > int(s.maxLength) {
			return false
		}
	}
	return s.matches == nil || s.matches(text)
}

func (s *schema) validSequence(n *Node) bool {
	if len(n.Items) < int(s.minItems) || s.maxItems >= 0 && len(n.Items) > int(s.maxItems) {
		return false
	}
	if s.items == nil {
		return true
	}
	for _, item := range n.Items {
		if !s.items.valid(item) {
			return false
		}
	}
	return true
}

func (s *schema) validMapping(n *Node) bool {
	if len(n.Fields) < int(s.minProps) || s.maxProps >= 0 && len(n.Fields) > int(s.maxProps) {
		return false
	}
	for _, key := range s.required {
		if n.Get(key) == nil {
			return false
		}
	}
	if s.properties == nil && s.additional == nil && !s.closed && s.propertyNames == nil {
		return true
	}
	for _, field := range n.Fields {
		if s.propertyNames != nil && !s.propertyNames.valid(&Node{Kind: ScalarNode, Type: StringType, Text: field.Key.Text}) {
			return false
		}
		sub := s.properties[field.Key.Text]
		if sub == nil {
			sub = s.patternedAt(field.Key.Text)
		}
		switch {
		case sub != nil:
			if !sub.valid(field.Value) {
				return false
			}
		case s.closed:
			return false
		case s.additional != nil && !s.additional.valid(field.Value):
			return false
		}
	}
	return true
}

// patternedAt returns the schema of keys like key, nil if there is none.
func (s *schema) patternedAt(key string) *schema {
	for _, p := range s.patterned {
		if p.matches(key) {
			return p.schema
		}
	}
	return nil
}

// equalJSON compares a value of a schema with a node.
func equalJSON(v any, n *Node) bool {
	if n.Kind != ScalarNode {
		return false
	}
	switch v := v.(type) {
	case nil:
		return n.Type == NullType
	case string:
		return n.Type == StringType && n.Text == v
	case bool:
		return n.Type == BoolType && strings.EqualFold(n.Text, strconv.FormatBool(v))
	case float64:
		return (n.Type == IntType || n.Type == FloatType) && numberOf(n).Cmp(new(big.Rat).SetFloat64(v)) == 0
	}
	return false
}

// numberOf returns a number's value. Numbers with very many digits, large exponents and infinities
// become a huge number, and not-a-number a negative fraction: cheap to compare and still invalid in
// every schema of ours.
func numberOf(n *Node) *big.Rat {
	text := strings.ToLower(strings.TrimPrefix(n.Text, "+"))
	negative := strings.HasPrefix(text, "-")
	huge := func() *big.Rat {
		value := int64(1) << 53
		if negative {
			value = -value
		}
		return new(big.Rat).SetInt64(value)
	}
	switch {
	case strings.HasSuffix(text, "nan"):
		return big.NewRat(-1, 2)
	case strings.HasSuffix(text, "inf"):
		return huge()
	case n.Type == IntType:
		value, err := strconv.ParseInt(text, 0, 64)
		if err != nil || value > 1<<53 || value < -1<<53 {
			return huge()
		}
		return new(big.Rat).SetInt64(value)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value > 1<<53 || value < -(1<<53) {
		return huge()
	}
	return new(big.Rat).SetFloat64(value)
}
