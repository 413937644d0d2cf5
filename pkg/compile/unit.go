package compile

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// maxValues bounds the JSON values of one body: variables that refer to each other can multiply.
const maxValues = 200_000

// fewerReferences is the hint for values that grow beyond a limit by references to each other.
const fewerReferences = "refer less often to values that refer to others"

// MaxTotal bounds the values of all bodies together, about 20,000 jobs. A few lines of a hostile
// file could use one huge template many times.
const MaxTotal = 2_000_000

// unit is one job, template or removal during its compilation.
type unit struct {
	c         *compiler
	scope     *scope
	owner     spec.Owner
	pointer   string // of the whole, such as jobs[order]
	field     string // the key that is being expanded
	recorded  []recorded
	unplaced  int         // values that are counted, not recorded, see note
	inherited inheritance // what a job does not take of it
	merged    []string    // the keys whose value has parts that a reference brought in, see inherit
	secrets   []SecretUse
	values    int
	uses      int          // of fragments and of the template's steps
	way       *spec.Origin // what the values of a family's job came through

	template   string           // the name of the one that is used
	templateAt *spec.Node       // where it is named
	fragments  map[string][]int // by name, the steps that come from it
}

func (c *compiler) newUnit(owner spec.Owner, pointer string, s *scope) *unit {
	u := &unit{c: c, scope: s, owner: owner, pointer: pointer}
	s.unit = u
	return u
}

func (u *unit) report(rule string, n *spec.Node, path, hint, format string, args ...any) *spec.Diagnostic {
	pointer := u.pointer
	if path != "" {
		pointer += "." + path
	}
	return u.c.report(rule, n, pointer, hint, format, args...)
}

// at returns the pointer of the value that is being expanded.
func (u *unit) at() string {
	if u.field == "" {
		return u.pointer
	}
	return u.pointer + "." + u.field
}

// get resolves the references in the value of a key, nil if it is absent.
func (u *unit) get(n *spec.Node, key string) *spec.Node {
	u.field = key
	written := n.Get(key)
	value := u.expand(written)
	if value == written && slices.Contains(u.merged, key) {
		written = nil // nobody has checked the whole of it
	}
	value = u.checked(u.owner, n.Key(key), written, value)
	u.field = ""
	return value
}

// checked checks a value against the schema after its references are resolved. A value that does
// not conform is reported once.
func (u *unit) checked(owner spec.Owner, key, written, value *spec.Node) *spec.Node {
	if value == written || value == nil || owner == "" {
		return value
	}
	for _, d := range spec.CheckResolved(owner, key, value) {
		d.Pointer = u.pointer + "." + d.Pointer
		u.c.findings.refuse(&d)
		u.c.add(d)
	}
	return value
}

// valueCount returns the number of values that u has compiled to.
func (u *unit) valueCount() int { return len(u.recorded) + u.unplaced + u.uses }

// record records the origin of the value at path.
func (u *unit) record(path string, n *spec.Node) {
	u.note(path, Provenance{Pos: n.Pos(), Origin: u.through(n.Origin)})
}

// recordFixed records that the value at path was filled in because of n.
func (u *unit) recordFixed(path string, n *spec.Node, kind spec.OriginKind, name string) {
	if u.c.noPlaces { // no name is filled in
		u.unplaced++
		return
	}
	u.note(path, Provenance{Pos: n.Pos(), Origin: &spec.Origin{Kind: kind, Name: name, Pos: n.Pos(), From: u.through(n.Origin)}})
}

// through extends the origin of a value by the use of its job's family. Values of defaults.job do
// not pass through it.
func (u *unit) through(o *spec.Origin) *spec.Origin {
	if u.way == nil || fromDefaults(o) {
		return o
	}
	return chain(o, u.way)
}

// fromDefaults reports whether a value was written in defaults.job, also by way of references.
func fromDefaults(o *spec.Origin) bool {
	for ; o != nil; o = o.From {
		if o.Kind == spec.FromDefault {
			return true
		}
	}
	return false
}

// poison stands for a value that could not be resolved, which was reported. It has no type, and
// nothing reports it again.
func poison(n *spec.Node) *spec.Node {
	return &spec.Node{Kind: spec.ScalarNode, Range: n.Range, Origin: n.Origin}
}

func isPoison(n *spec.Node) bool { return n != nil && n.Kind == spec.ScalarNode && n.Type == 0 }

// plainText returns the text of a scalar, "" for nil, null and everything else.
func (u *unit) plainText(n *spec.Node) string {
	if n == nil || n.Kind != spec.ScalarNode || n.Type == spec.NullType {
		return ""
	}
	return n.Text
}

// text compiles a value that the API wants as text: the text that was written,
// null for null.
func (u *unit) text(path string, n *spec.Node) *jsontree.Value {
	u.record(path, n)
	if n.IsNull() {
		return jsontree.Null()
	}
	if n.Kind != spec.ScalarNode {
		u.wrongType(path, n, "a text")
		return jsontree.Null()
	}
	return jsontree.String(n.Text)
}

// filledText is text with "" for null.
func (u *unit) filledText(path string, n *spec.Node) string {
	return u.text(path, n).Text()
}

func (u *unit) wrongType(path string, n *spec.Node, want string) {
	if !isPoison(n) {
		u.report("wrong-type", n, path, "", "%s must be %s, not %s", path, want, describe(n))
	}
}

// describe names what a node is, with the text of a scalar.
func describe(n *spec.Node) string {
	switch {
	case n.Kind == spec.MappingNode:
		return "a mapping"
	case n.Kind == spec.SequenceNode:
		return "a list"
	case n.Type == spec.NullType:
		return "null"
	case len(n.Text) > 60:
		return "a long text"
	}
	return strconv.Quote(n.Text)
}

// boolean reads true or false. A value from a reference may also be the text "true" or "false".
func (u *unit) boolean(path string, n *spec.Node) (value, ok bool) {
	u.record(path, n)
	if n.Kind == spec.ScalarNode && n.Type != spec.NullType {
		switch n.Text {
		case "true", "True", "TRUE":
			return true, true
		case "false", "False", "FALSE":
			return false, true
		}
	}
	u.wrongType(path, n, "true or false")
	return false, false
}

// list is items for a list that stands at path in the body.
func (u *unit) list(path string, n *spec.Node) (items []*spec.Node, ok bool) {
	u.record(path, n)
	return u.items(path, n)
}

// items returns the items of a list. An explicit null is the empty list; ok is false if the node is
// not a list.
func (u *unit) items(path string, n *spec.Node) (items []*spec.Node, ok bool) {
	if n.IsNull() {
		return nil, true
	}
	if n.Kind != spec.SequenceNode {
		u.wrongType(path, n, "a list")
		return nil, false
	}
	return n.Items, true
}

// value compiles a value verbatim: YAML's types become JSON's.
func (u *unit) value(path string, n *spec.Node) *jsontree.Value {
	if u.values++; u.values > maxValues {
		if u.values == maxValues+1 {
			u.report("expansion-limit", n, path, fewerReferences, "the references multiply to more than %d values", maxValues)
		}
		return jsontree.Null()
	}
	u.record(path, n)
	switch n.Kind {
	case spec.MappingNode:
		object := jsontree.Object()
		members := make([]jsontree.Member, 0, len(n.Fields))
		for _, f := range n.Fields {
			members = append(members, jsontree.Member{Key: f.Key.Text, Value: u.value(path+valuepath.Member(f.Key.Text), f.Value)})
		}
		if len(members) > 0 {
			object = jsontree.Object(members...)
		}
		return object
	case spec.SequenceNode:
		items := make([]*jsontree.Value, 0, len(n.Items))
		for i, item := range n.Items {
			items = append(items, u.value(path+valuepath.Index(i), item))
		}
		return jsontree.Array(items...)
	}
	return u.scalar(path, n)
}

func (u *unit) scalar(path string, n *spec.Node) *jsontree.Value {
	switch n.Type {
	case spec.NullType:
		return jsontree.Null()
	case spec.BoolType:
		return jsontree.Bool(n.Text == "true" || n.Text == "True" || n.Text == "TRUE")
	case spec.IntType, spec.FloatType:
		literal := jsonNumber(n.Text)
		if literal == "" {
			u.report("wrong-type", n, path, "quote it if it is meant as text", "%s: JSON has no number %s", path, n.Text)
			return jsontree.Null()
		}
		if jsontree.IsLong(literal) {
			u.report("wrong-type", n, path, "quote it, so that it is a text", "%s: the number %s is beyond 64 bits; programs that read it round it", path, n.Text)
		}
		return jsontree.Number(literal)
	}
	return jsontree.String(n.Text)
}

// jsonNumber returns a YAML number in JSON syntax, as written if possible; "" for infinities and
// texts that are not numbers.
func jsonNumber(text string) string {
	if v, err := jsontree.Parse([]byte(text), jsontree.Limits{}); err == nil && v.Kind() == jsontree.KindNumber {
		return v.Text()
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil { // +5, 007
		return strconv.FormatInt(n, 10)
	}
	if len(text) > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o') {
		if n, err := strconv.ParseUint(text, 0, 64); err == nil {
			return strconv.FormatUint(n, 10)
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f-f != 0 { // only an infinity or NaN is not its own zero
		return ""
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// project finds the project of a job or removal: the named one, else the workspace's default. owner
// is the node to report if there is none.
func (u *unit) project(n, owner *spec.Node) (alias string, p *spec.Project) {
	alias = u.c.workspace.Default
	if n != nil {
		u.record("project", n)
		if isPoison(n) || isBlank(n) { // the schema has reported it
			return "", nil
		}
		alias = u.plainText(n)
	}
	if alias == "" {
		u.report("missing-key", owner, "project", "write project: with an alias of buildsync.yaml, or set default_project in buildsync.yaml",
			noProject)
		return "", nil
	}
	found, ok := u.c.workspace.Projects[alias]
	if !ok && n == nil {
		return "", nil // loading has reported default_project
	}
	if !ok {
		aliases := make([]string, 0, len(u.c.workspace.Projects))
		for a := range u.c.workspace.Projects {
			aliases = append(aliases, a)
		}
		slices.Sort(aliases)
		hint := spec.DidYouMeanOneOf(alias, aliases)
		for _, a := range aliases {
			if u.c.workspace.Projects[a].ID == alias && alias != "" {
				hint = fmt.Sprintf("a job names its project by the alias: write %s", a)
			}
		}
		u.report("project-unknown", n, "project", hint, "buildsync.yaml declares no project %q", alias)
		return "", nil
	}
	return alias, &found
}
