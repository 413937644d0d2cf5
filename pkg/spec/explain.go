package spec

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/buildsync/buildsync/pkg/valuepath"
	"github.com/buildsync/buildsync/schemas"
)

// compiled are the schemas compiled by the library. They are compiled only for an invalid file,
// because that costs more than reading a hundred files.
var compiled = [...]func() *jsonschema.Schema{
	sync.OnceValue(func() *jsonschema.Schema { return compileSchema(definitionsSchema) }),
	sync.OnceValue(func() *jsonschema.Schema { return compileSchema(workspaceSchema) }),
	sync.OnceValue(func() *jsonschema.Schema { return compileSchema(policiesSchema) }),
}

func compileSchema(name string) *jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.LoadURL = func(location string) (io.ReadCloser, error) {
		file, err := schemas.Files.Open(path.Base(location))
		if err != nil {
			return nil, fmt.Errorf("schema %s is not embedded", location)
		}
		return file, nil
	}
	return compiler.MustCompile(schemas.Base + name)
}

// check reports everything that a schema finds wrong with a file's root.
func check(name string, root *Node, out *report) {
	if languageOf(name).root(name).valid(root) {
		return
	}
	library := compiled[slices.Index([]string{definitionsSchema, workspaceSchema, policiesSchema}, name)]
	e := &explainer{set: languageOf(name), root: place{node: root}, out: out}
	e.explain(library())
}

// explain reports what the library finds wrong with an invalid value.
func (e *explainer) explain(library *jsonschema.Schema) {
	root, out := e.root, e.out
	var failed *jsonschema.ValidationError
	if err := library.Validate(instance(root.node)); !errors.As(err, &failed) {
		out.errorf("wrong-type", root.node.Range, "", "the file does not conform to its schema") // the two disagree: a bug, but no reason to accept
		return
	}
	for _, d := range out.found {
		if d.Severity == Error {
			e.said = append(e.said, d.Range.Start)
		}
	}
	e.leaves(failed)
}

// instance converts a node to the library's representation.
func instance(n *Node) any {
	switch n.Kind {
	case MappingNode:
		object := make(map[string]any, len(n.Fields))
		for _, field := range n.Fields {
			object[field.Key.Text] = instance(field.Value)
		}
		return object
	case SequenceNode:
		array := make([]any, len(n.Items))
		for i, item := range n.Items {
			array[i] = instance(item)
		}
		return array
	}
	switch n.Type {
	case NullType:
		return nil
	case BoolType:
		return strings.EqualFold(n.Text, "true")
	case IntType, FloatType:
		number := numberOf(n)
		if number.IsInt() {
			return number.Num().Int64()
		}
		value, _ := number.Float64()
		return value
	}
	return n.Text
}

// explainer turns the leaves of the library's error tree into our diagnostics.
type explainer struct {
	set  *schemaSet
	root place
	out  *report
	// resolved limits the report to values that references put in place.
	resolved bool

	said []Pos // errors of parsing: their consequences are not reported
}

func (e *explainer) leaves(err *jsonschema.ValidationError) {
	location, keyword := splitLocation(err.AbsoluteKeywordLocation)
	// A list of the alternatives that failed does not help anyone: report once what is expected.
	if len(err.Causes) == 0 || keyword == "anyOf" {
		e.leaf(e.set.at(location), location, keyword, e.find(err.InstanceLocation))
		return
	}
	for _, cause := range err.Causes {
		e.leaves(cause)
	}
}

// splitLocation splits a keyword's location into its schema and the keyword.
func splitLocation(location string) (schema, keyword string) {
	base, fragment, _ := strings.Cut(location, "#")
	if plain, err := url.PathUnescape(fragment); err == nil {
		fragment = plain
	}
	if i := strings.LastIndexByte(fragment, '/'); i >= 0 {
		fragment, keyword = fragment[:i], fragment[i+1:]
	}
	return base + "#" + fragment, keyword
}

// place is a node found by a pointer, and how it was reached.
type place struct {
	node    *Node
	key     *Node  // the key that holds it, nil for an item
	within  string // the key of the list it is an item of
	action  bool   // it is a step under its action word
	pointer string
}

// find follows a percent-encoded JSON pointer. If the last segment is a key without a value, it
// returns the key itself.
func (e *explainer) find(pointer string) place {
	at := e.root
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if part == "" && pointer == "" {
			break
		}
		if plain, err := url.PathUnescape(part); err == nil {
			part = plain
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		at = at.step(part)
	}
	return at
}

func (p place) step(part string) place {
	if p.node.Kind == SequenceNode {
		i, err := strconv.Atoi(part)
		if err != nil || i < 0 || i >= len(p.node.Items) {
			return p
		}
		item := p.node.Items[i]
		next := place{node: item, pointer: p.pointer + ItemSegment(item, i)}
		if p.key != nil {
			next.within = p.key.Text
		}
		next.action = actionWord(next.within, item)
		return next
	}
	key := p.node.Key(part)
	if key == nil {
		return p
	}
	pointer := strings.TrimPrefix(p.pointer+valuepath.Member(key.Text), ".")
	if p.action {
		pointer = p.pointer
	}
	return place{node: p.node.Get(part), key: key, pointer: pointer}
}

// subject returns the name of the value in a message.
func (p place) subject() string {
	switch {
	case p.key != nil:
		return quoted(p.key.Text)
	case p.within != "":
		return "an item of " + quoted(p.within)
	}
	return "the file"
}

// wholeRange returns the range for a message about a whole value: its key, since the value may span
// many lines, or the reference that put it there.
func (p place) wholeRange() Range {
	if shown, others := p.node.Shown(); others != nil && !p.node.Origin.Part {
		return shown
	}
	return p.keyRange()
}

// keyRange returns the range for a message about the keys of a mapping.
func (p place) keyRange() Range {
	switch {
	case p.key != nil:
		return p.key.Range
	case p.node.Kind == MappingNode && len(p.node.Fields) > 0:
		return p.node.Fields[0].Key.Range
	}
	return p.node.Range
}

func (e *explainer) leaf(s *schema, location, keyword string, at place) {
	if at.node.Origin != nil && at.node.Kind == ScalarNode && (at.node.Type == 0 || s != nil && s.valid(at.node)) {
		return // the library does not know what valid lets pass
	}
	if s == nil {
		e.out.errorf("wrong-type", at.node.Range, "", "%s is not valid", at.subject())
		return
	}
	if s.location == definitionsLocation+"#/$defs/file" && at.node.Get(FileKey) == nil && !s.misspelt(FileKey, at.node) {
		if keyword == "required" { // a mapping where a text is expected
			e.report("wrong-type", at, at.wholeRange(), hintFor(s, at.node), "%s must be a text or {$file: PATH}, not %s", at.subject(), shown(at.node, "wrong-type", keyword))
		}
		return
	}
	switch keyword {
	case "required":
		e.missing(s, at)
	case "additionalProperties":
		e.unknown(s, at)
	default:
		if strings.HasSuffix(location, "/propertyNames") {
			e.badKey(s, at)
			return
		}
		e.wrong(s, keyword, at)
	}
}

func (e *explainer) report(rule string, at place, where Range, hint, format string, args ...any) {
	if e.saidOf(at) {
		return
	}
	d := Diagnostic{
		Rule: rule, Severity: Error, Range: where, Pointer: at.pointer, Hint: hint,
		Message: fmt.Sprintf(format, args...),
	}
	if where == at.keyRange() {
		d.Value = at.node.Range.Start
	}
	_, others := at.node.Shown()
	if e.resolved && others == nil {
		return // written in the file: loading has reported it
	}
	d.Related = others
	e.out.add(d)
}

// saidOf reports whether parsing has found an error in a value or its key. There are few such
// errors: each kind is capped.
func (e *explainer) saidOf(at place) bool {
	within := func(p Pos, n *Node) bool {
		if n == nil || n.Kind != ScalarNode {
			return n != nil && p == n.Range.Start
		}
		return p.Compare(n.Range.Start) >= 0 && p.Compare(n.Range.End) <= 0
	}
	for _, p := range e.said {
		if within(p, at.node) || within(p, at.key) {
			return true
		}
	}
	return false
}

func (e *explainer) missing(s *schema, at place) {
	for _, key := range s.required {
		if at.node.Get(key) == nil && !s.misspelt(key, at.node) {
			e.report("missing-key", at, at.wholeRange(), onlyValue(s.properties[key], key), "key %s is missing", quoted(key))
		}
	}
}

// onlyValue returns a hint with the one value that a key can have; "" if there
// are several.
func onlyValue(s *schema, key string) string {
	for s != nil {
		if len(s.enum) == 1 {
			return fmt.Sprintf("add %s", quoted(fmt.Sprintf("%s: %v", key, s.enum[0])))
		}
		if s.ref == nil {
			break
		}
		s = s.ref()
	}
	return ""
}

// misspelt reports whether an unknown key is most likely a misspelling of the missing one. Then
// only the unknown key is reported.
func (s *schema) misspelt(missing string, n *Node) bool {
	for _, field := range n.Fields {
		if s.closed && s.properties[field.Key.Text] == nil && Nearest(field.Key.Text, s.keys) == missing {
			return true
		}
	}
	return false
}

func (e *explainer) unknown(s *schema, at place) {
	if _, others := at.node.Shown(); e.resolved && others == nil {
		return
	}
	for _, field := range at.node.Fields {
		key := field.Key.Text
		if s.properties[key] != nil {
			continue
		}
		hint := DidYouMean(key, s.keys)
		switch {
		case key == "template" && s.location == definitionsLocation+"#/$defs/template":
			hint = "a template cannot be made from another one: put the steps that they share into a fragment, and write `- use: NAME` in both"
		case strings.ContainsRune(key, '\u3000'):
			hint = "it holds full-width spaces: write ordinary ones"
		case strings.ContainsRune(key, '：'):
			hint = "its colon is a full-width one, which YAML takes for a letter: write \":\" and a space"
		case hint != "":
		case s.properties["inputs"] != nil && s.properties["image"] != nil:
			hint = `the step's values go under "inputs"`
		default:
			hint = "known here: " + shortList(s.keys)
		}
		inner := at.step(key)
		e.report("unknown-key", inner, field.Key.Range, hint, "unknown key %s", quoted(key))
	}
}

// badKey reports a key that propertyNames refuses.
func (e *explainer) badKey(s *schema, at place) {
	if at.key == nil {
		return
	}
	expected := s.expected
	if expected == "" {
		expected = "Latin letters, digits, _, - and ."
	}
	e.report(ruleOf(s, "wrong-type"), at, at.key.Range, "", "the key %s must be %s", quoted(at.key.Text), expected)
}

func ruleOf(s *schema, otherwise string) string {
	if s.rule != "" {
		return s.rule
	}
	return otherwise
}

func (e *explainer) wrong(s *schema, keyword string, at place) {
	rule := "wrong-type"
	if keyword != "type" {
		rule = ruleOf(s, rule)
	}
	where := at.node.Range
	if at.node.Kind != ScalarNode {
		where = at.wholeRange()
	}
	if rule == "step-form" && at.node.Kind == MappingNode {
		e.report(rule, at, where, e.stepHint(at.node), "a step is %s", s.expects())
		return
	}
	e.report(rule, at, where, hintFor(s, at.node), "%s must be %s, not %s", at.subject(), s.expects(), shown(at.node, rule, keyword))
}
