package spec

import (
	"encoding/json"
	"fmt"
	"math/big"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/schemas"
)

// schema is one (sub)schema, with the part of JSON Schema that our documents use. It only decides
// whether a node is valid, directly on nodes and without compiling the schema for the library. The
// library explains refused values. A test holds that both always agree.
type schema struct {
	location string // of the schema: $id and pointer
	rule     string // x-rule: the rule name of its errors
	expected string // x-expected: completes "must be …"

	ref                  *schema
	types                typeSet
	properties           map[string]*schema
	keys                 []string // of properties, in order
	patterned            []patterned
	required             []string
	additional           *schema // nil: allowed
	closed               bool    // additionalProperties: false
	propertyNames        *schema
	items                *schema
	enum                 []any
	pattern              func() *regexp.Regexp
	minimum, maximum     *big.Rat
	minLength, maxLength int
	minItems, maxItems   int
	minProps, maxProps   int
	anyOf, allOf         []*schema
	not, when            *schema
	then, otherwise      *schema
}

// patterned is the schema of the values of keys that match a pattern.
type patterned struct {
	pattern func() *regexp.Regexp
	schema  *schema
}

// typeSet is the set of JSON types that a schema allows; 0 is all of them.
type typeSet uint8

const (
	typeNull typeSet = 1 << iota
	typeBoolean
	typeInteger
	typeNumber // without typeInteger: what is not an integer
	typeString
	typeArray
	typeObject
)

func typeOf(n *Node) typeSet {
	switch n.Kind {
	case MappingNode:
		return typeObject
	case SequenceNode:
		return typeArray
	}
	switch n.Type {
	case NullType:
		return typeNull
	case BoolType:
		return typeBoolean
	case IntType:
		return typeInteger
	case FloatType:
		if numberOf(n).IsInt() {
			return typeInteger // as JSON Schema has it, 1.0 is one
		}
		return typeNumber
	}
	return typeString
}

// schemaSet is the schemas of the language, parsed.
type schemaSet struct{ byLocation map[string]*schema }

// language is the embedded schemas of definitions and workspaces, parsed when a command first
// validates. policyLanguage is that of policies, which most workspaces do not have.
var (
	language       = sync.OnceValue(func() *schemaSet { return parseLanguage(definitionsSchema, workspaceSchema) })
	policyLanguage = sync.OnceValue(func() *schemaSet { return parseLanguage(policiesSchema) })
)

// languageOf returns the schemas for a kind of file.
func languageOf(name string) *schemaSet {
	if name == policiesSchema {
		return policyLanguage()
	}
	return language()
}

func parseLanguage(names ...string) *schemaSet {
	set := &schemaSet{byLocation: map[string]*schema{}}
	for _, name := range names {
		text, err := schemas.Files.ReadFile(name)
		if err != nil {
			panic("bug in buildsync: " + err.Error()) // it is embedded
		}
		set.parse(schemas.Base+name, text)
	}
	return set
}

const (
	definitionsSchema   = "definitions.schema.json"
	definitionsLocation = schemas.Base + definitionsSchema
	workspaceSchema     = "workspace.schema.json"
)

// root returns the schema of a kind of file.
func (set *schemaSet) root(name string) *schema { return set.byLocation[schemas.Base+name+"#"] }

func (set *schemaSet) parse(id string, text []byte) {
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		panic("bug in buildsync: " + id + ": " + err.Error())
	}
	set.schema(id+"#", document)
	if defs, ok := document["$defs"].(map[string]any); ok {
		for name, def := range defs {
			set.schema(id+"#/$defs/"+name, def)
		}
	}
}

// at returns the schema of a location. A reference may name it before it is parsed.
func (set *schemaSet) at(location string) *schema {
	s := set.byLocation[location]
	if s == nil {
		s = &schema{location: location, minLength: -1, maxLength: -1, minItems: -1, maxItems: -1, minProps: -1, maxProps: -1}
		set.byLocation[location] = s
	}
	return s
}

func (set *schemaSet) schema(location string, value any) *schema {
	s := set.at(location)
	object, ok := value.(map[string]any)
	if !ok {
		return s
	}
	for keyword, v := range object {
		if !describes(keyword) {
			set.keyword(s, keyword, v)
		}
	}
	slices.Sort(s.keys)
	return s
}

// describes reports whether a keyword is for readers only.
func describes(keyword string) bool {
	switch keyword {
	case "title", "description", "examples", "default", "$schema", "$id", "$defs":
		return true
	}
	return false
}

// keyword adds one keyword to s. An unknown keyword is a bug; the test that parses all schemas
// finds it.
func (set *schemaSet) keyword(s *schema, keyword string, v any) {
	below := s.location + "/" + keyword
	switch keyword {
	case "$ref":
		s.ref = set.at(resolve(s.location, v.(string)))
	case "x-rule":
		s.rule = v.(string)
	case "x-expected":
		s.expected = v.(string)
	case "type":
		s.types = parseTypes(v)
	case "properties":
		s.properties = map[string]*schema{}
		for key, sub := range v.(map[string]any) {
			s.properties[key] = set.schema(below+"/"+escapePointer(key), sub)
			s.keys = append(s.keys, key)
		}
	case "patternProperties":
		for like, sub := range v.(map[string]any) {
			s.patterned = append(s.patterned, patterned{pattern(like), set.schema(below+"/"+escapePointer(like), sub)})
		}
	case "required":
		s.required = texts(v)
	case "additionalProperties":
		if allowed, isBool := v.(bool); isBool {
			s.closed = !allowed
		} else {
			s.additional = set.schema(below, v)
		}
	case "propertyNames":
		s.propertyNames = set.schema(below, v)
	case "items":
		s.items = set.schema(below, v)
	case "enum":
		s.enum = v.([]any)
	case "const":
		s.enum = []any{v}
	case "pattern":
		s.pattern = pattern(v.(string))
	case "anyOf":
		s.anyOf = set.list(below, v)
	case "allOf":
		s.allOf = set.list(below, v)
	case "not":
		s.not = set.schema(below, v)
	case "if":
		s.when = set.schema(below, v)
	case "then":
		s.then = set.schema(below, v)
	case "else":
		s.otherwise = set.schema(below, v)
	default:
		set.bound(s, keyword, v)
	}
}

// bound adds the keywords with numeric values.
func (set *schemaSet) bound(s *schema, keyword string, v any) {
	number, ok := v.(float64)
	if !ok {
		panic(fmt.Sprintf("bug in buildsync: %s has the unknown keyword %s", s.location, keyword))
	}
	limits := map[string]*int{
		"minLength": &s.minLength, "maxLength": &s.maxLength, "minItems": &s.minItems,
		"maxItems": &s.maxItems, "minProperties": &s.minProps, "maxProperties": &s.maxProps,
	}
	switch {
	case keyword == "minimum":
		s.minimum = new(big.Rat).SetFloat64(number)
	case keyword == "maximum":
		s.maximum = new(big.Rat).SetFloat64(number)
	case limits[keyword] != nil:
		*limits[keyword] = int(number)
	default:
		panic(fmt.Sprintf("bug in buildsync: %s has the unknown keyword %s", s.location, keyword))
	}
}

func (set *schemaSet) list(location string, v any) []*schema {
	var list []*schema
	for i, sub := range v.([]any) {
		list = append(list, set.schema(fmt.Sprintf("%s/%d", location, i), sub))
	}
	return list
}

func parseTypes(v any) typeSet {
	names, isList := v.([]any)
	if !isList {
		names = []any{v}
	}
	var types typeSet
	for _, name := range names {
		types |= map[string]typeSet{
			"null": typeNull, "boolean": typeBoolean, "integer": typeInteger, "number": typeInteger | typeNumber,
			"string": typeString, "array": typeArray, "object": typeObject,
		}[name.(string)]
	}
	return types
}

func texts(v any) []string {
	var list []string
	for _, item := range v.([]any) {
		list = append(list, item.(string))
	}
	return list
}

// resolve returns the location that a reference means; all our schemas are in one folder.
func resolve(location, ref string) string {
	base, _, _ := strings.Cut(location, "#")
	file, pointer, _ := strings.Cut(ref, "#")
	if file != "" {
		base = base[:len(base)-len(path.Base(base))] + file
	}
	return base + "#" + pointer
}

// escapePointer escapes a key for a JSON pointer.
func escapePointer(key string) string {
	if !strings.ContainsAny(key, "~/") {
		return key
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
