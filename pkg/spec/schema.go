package spec

import (
	"fmt"
	"math/big"
	"path"
	"regexp"
	"slices"
	"strconv"
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

	ref                  func() *schema
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
	matches              func(string) bool // the pattern; nil: anything
	minimum, maximum     *big.Rat
	minLength, maxLength int32
	minItems, maxItems   int32
	minProps, maxProps   int32
	anyOf, allOf         []*schema
	not, when            *schema
	then, otherwise      *schema
}

// patterned is the schema of the values of keys that match a pattern.
type patterned struct {
	matches func(string) bool
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

// schemaSet is the schemas of the language. A definition is parsed when a value first needs it: most
// files need few of them.
type schemaSet struct {
	// definitions are the schemas under $defs, by location, and that of the whole file. Each is a
	// map of itself and what is below it, by location.
	definitions map[string]func() map[string]*schema
}

// language is the embedded schemas of definitions and workspaces, read when a command first
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
	set := &schemaSet{definitions: map[string]func() map[string]*schema{}}
	for _, name := range names {
		text, err := schemas.Files.ReadFile(name)
		if err != nil {
			panic("bug in buildsync: " + err.Error()) // it is embedded
		}
		set.define(schemas.Base+name+"#", text)
	}
	return set
}

const (
	definitionsSchema   = "definitions.schema.json"
	definitionsLocation = schemas.Base + definitionsSchema
	workspaceSchema     = "workspace.schema.json"
)

// root returns the schema of a kind of file.
func (set *schemaSet) root(name string) *schema { return set.at(schemas.Base + name + "#") }

// define adds a file's schema and those under its $defs.
func (set *schemaSet) define(location string, text []byte) {
	add := func(location string, text []byte) {
		set.definitions[location] = sync.OnceValue(func() map[string]*schema {
			below := schemaReader{set, map[string]*schema{}}
			below.schema(location, text)
			return below.read
		})
	}
	add(location, text)
	for keyword, value := range jsonMembers(text) {
		if keyword == definitionsKeyword {
			for name, definition := range jsonMembers(value) {
				add(location+inDefinitions+name, definition)
			}
		}
	}
}

const (
	definitionsKeyword = "$defs"
	inDefinitions      = "/" + definitionsKeyword + "/"
)

// at returns the schema of a location, nil if there is none.
func (set *schemaSet) at(location string) *schema {
	base, pointer, _ := strings.Cut(location, "#")
	definition := base + "#"
	if inside, ok := strings.CutPrefix(pointer, inDefinitions); ok {
		name, _, _ := strings.Cut(inside, "/")
		definition = location[:len(definition)+len(inDefinitions)+len(name)]
	}
	read := set.definitions[definition]
	if read == nil {
		return nil
	}
	return read()[location]
}

// schemaReader reads a schema and those below it.
type schemaReader struct {
	set  *schemaSet
	read map[string]*schema // by location
}

func (r schemaReader) schema(location string, text []byte) *schema {
	s := &schema{location: location, minLength: -1, maxLength: -1, minItems: -1, maxItems: -1, minProps: -1, maxProps: -1}
	r.read[location] = s
	for keyword, value := range jsonMembers(text) {
		if !describes(keyword) {
			r.keyword(s, keyword, value)
		}
	}
	slices.Sort(s.keys)
	return s
}

// describes reports whether a keyword is for readers only.
func describes(keyword string) bool {
	switch keyword {
	case "title", "description", "examples", "default", "$schema", "$id", definitionsKeyword:
		return true
	}
	return false
}

// keyword adds one keyword to s. An unknown keyword is a bug; the test that reads all schemas
// finds it.
func (r schemaReader) keyword(s *schema, keyword string, v []byte) {
	below := s.location + "/" + keyword
	switch keyword {
	case "$ref":
		location := resolve(s.location, jsonValue[string](v))
		s.ref = sync.OnceValue(func() *schema { return r.set.at(location) })
	case "x-rule":
		s.rule = jsonValue[string](v)
	case "x-expected":
		s.expected = jsonValue[string](v)
	case "type":
		s.types = parseTypes(v)
	case "properties":
		s.properties = map[string]*schema{}
		for key, sub := range jsonMembers(v) {
			s.properties[key] = r.schema(below+"/"+escapePointer(key), sub)
			s.keys = append(s.keys, key)
		}
	case "patternProperties":
		for like, sub := range jsonMembers(v) {
			s.patterned = append(s.patterned, patterned{matcher(like), r.schema(below+"/"+escapePointer(like), sub)})
		}
	case "required":
		s.required = jsonValue[[]string](v)
	case "additionalProperties":
		if v[0] == '{' {
			s.additional = r.schema(below, v)
		} else {
			s.closed = !jsonValue[bool](v)
		}
	case "propertyNames":
		s.propertyNames = r.schema(below, v)
	case "items":
		s.items = r.schema(below, v)
	case "enum":
		s.enum = jsonValue[[]any](v)
	case "const":
		s.enum = []any{jsonValue[any](v)}
	case "pattern":
		s.matches = matcher(jsonValue[string](v))
	case "anyOf":
		s.anyOf = r.list(below, v)
	case "allOf":
		s.allOf = r.list(below, v)
	case "not":
		s.not = r.schema(below, v)
	case "if":
		s.when = r.schema(below, v)
	case "then":
		s.then = r.schema(below, v)
	case "else":
		s.otherwise = r.schema(below, v)
	default:
		s.bound(keyword, jsonValue[float64](v))
	}
}

// bound adds the keywords with numeric values.
func (s *schema) bound(keyword string, number float64) {
	switch keyword {
	case "minimum":
		s.minimum = new(big.Rat).SetFloat64(number)
	case "maximum":
		s.maximum = new(big.Rat).SetFloat64(number)
	case "minLength":
		s.minLength = int32(number)
	case "maxLength":
		s.maxLength = int32(number)
	case "minItems":
		s.minItems = int32(number)
	case "maxItems":
		s.maxItems = int32(number)
	case "minProperties":
		s.minProps = int32(number)
	case "maxProperties":
		s.maxProps = int32(number)
	default:
		panic(fmt.Sprintf("bug in buildsync: %s has the unknown keyword %s", s.location, keyword))
	}
}

func (r schemaReader) list(location string, v []byte) []*schema {
	var list []*schema
	for item := range jsonItems(v) {
		list = append(list, r.schema(location+"/"+strconv.Itoa(len(list)), item))
	}
	return list
}

// matcher returns a function that matches a pattern, which is compiled on first use. A pattern that
// is a plain text is only looked for.
func matcher(expression string) func(string) bool {
	compiled := pattern(expression)
	plain := strings.ReplaceAll(expression, `\`, "")
	if regexp.QuoteMeta(plain) == expression {
		return func(text string) bool { return strings.Contains(text, plain) }
	}
	return func(text string) bool { return compiled().MatchString(text) }
}

func parseTypes(v []byte) typeSet {
	var types typeSet
	for name := range jsonItems(v) {
		types |= map[string]typeSet{
			"null": typeNull, "boolean": typeBoolean, "integer": typeInteger, "number": typeInteger | typeNumber,
			"string": typeString, "array": typeArray, "object": typeObject,
		}[jsonValue[string](name)]
	}
	return types
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
