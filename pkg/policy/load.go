package policy

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/policy/rule"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// maxPolicies is how many policies a workspace may have.
const maxPolicies = 1000

// Load reads the policies of a workspace and reports errors in their files. The set has everything
// that could be read, and is never nil.
func Load(tree spec.Tree, workspace *spec.Workspace, catalogue *catalog.Catalogue) (*Set, spec.Diagnostics) {
	s := &Set{catalogue: catalogue}
	names, found := spec.PolicyFiles(tree, workspace)
	found = append(found, spec.UnreadPolicies(tree, workspace)...)
	l := &loader{set: s, workspace: workspace, found: found, names: map[string]*spec.Node{}}
	for _, name := range names {
		root, source, more := spec.LoadPolicies(tree, name)
		l.found = append(l.found, more...)
		s.Files = append(s.Files, name)
		if root == nil {
			continue
		}
		s.files = append(s.files, file{name, source, root})
		l.source, l.from = source, workspace.SourceOf(name)
		before := len(l.found)
		if list := root.Get("policies"); list != nil {
			for _, item := range list.Items {
				l.policy(item)
			}
		}
		l.found[before:].PointInto(root)
		slices.SortStableFunc(l.found[before:], func(a, b spec.Diagnostic) int { return a.Range.Start.Compare(b.Range.Start) })
	}
	l.found.Sort()
	return s, l.found
}

// loader reads policies.
type loader struct {
	set       *Set
	workspace *spec.Workspace
	found     spec.Diagnostics
	names     map[string]*spec.Node
	source    []byte          // of the file that is read
	from      *spec.Source    // that it was copied from, nil for a file of the workspace
	known     map[string]bool // properties of steps
}

func (l *loader) report(at spec.Range, hint, format string, args ...any) *spec.Diagnostic {
	l.found = append(l.found, spec.Diagnostic{Rule: fileRule, Severity: spec.Error, Range: at, Message: fmt.Sprintf(format, args...), Hint: hint})
	return &l.found[len(l.found)-1]
}

// formKeys are the keys of the forms; a policy has at least one.
var formKeys = []string{"require", "require_step", "allow", "forbid", "max", "min", "rule"}

func (l *loader) policy(n *spec.Node) {
	name := n.Get("name")
	if n.Kind != spec.MappingNode || name == nil || name.Kind != spec.ScalarNode {
		return // the schema has said it
	}
	if first := l.names[name.Text]; first != nil {
		d := l.report(name.Range, "choose another name", "two policies are called %s", quoted(name.Text))
		d.Related = []spec.Related{{Range: first.Range, Message: "the first one is here"}}
		return
	}
	l.names[name.Text] = name
	if len(l.names) > maxPolicies {
		if len(l.names) == maxPolicies+1 {
			l.report(name.Range, "", "a workspace may have %d policies; the rest is not read", maxPolicies)
		}
		return
	}
	isForm := func(key string) bool { return n.Get(key) != nil }
	if !slices.ContainsFunc(formKeys, isForm) {
		if slices.ContainsFunc(l.found, func(d spec.Diagnostic) bool { return d.Rule == "unknown-key" && n.Range.Contains(d.Range.Start) }) {
			return // a misspelt one
		}
		l.report(name.Range, "add one of "+strings.Join(formKeys, ", "), "the policy %s requires nothing", quoted(name.Text))
		return
	}
	p := &Policy{Name: name.Text, Help: sanitize.Line(oneLine(n.Str("help")), 1000), Severity: severityOf(n.Str("severity")), At: name.Range, written: writtenText(n)}
	l.where(&p.where, n.Get("where"))
	l.whereTerms(p, n.Get("where"))
	l.required(p, n.Get("require"))
	l.requiredStep(p, n.Get("require_step"))
	l.allowed(p, n.Get("allow"))
	l.forbidden(p, n.Get("forbid"))
	l.limits(p, n.Get("max"), false)
	l.limits(p, n.Get("min"), true)
	l.rule(p, n.Get("rule"))
	l.exceptions(p, n.Get("except"))
	// A policy with a mistake could apply to other jobs than intended.
	if !slices.ContainsFunc(l.found, func(d spec.Diagnostic) bool { return d.Severity == spec.Error && n.Range.Contains(d.Range.Start) }) {
		l.set.Policies = append(l.set.Policies, p)
	}
}

// writtenText returns the content of a node, without comments and layout.
func writtenText(n *spec.Node) string {
	var out strings.Builder
	var write func(n *spec.Node)
	write = func(n *spec.Node) {
		switch n.Kind {
		case spec.MappingNode:
			out.WriteString("{")
			for _, f := range n.Fields {
				fmt.Fprintf(&out, "%q:", f.Key.Text)
				write(f.Value)
			}
			out.WriteString("}")
		case spec.SequenceNode:
			out.WriteString("[")
			for _, item := range n.Items {
				write(item)
			}
			out.WriteString("]")
		default:
			fmt.Fprintf(&out, "%q,", n.Text)
		}
	}
	write(n)
	return out.String()
}

func severityOf(text string) spec.Severity {
	if severity, known := spec.ParseSeverity(text); known {
		return severity
	}
	return spec.Error
}

func (l *loader) where(w *where, n *spec.Node) {
	if n == nil || n.Kind != spec.MappingNode {
		return
	}
	w.projects = l.projects(n.Get("project"))
	w.jobs = l.patterns(n.Get("job"))
	for _, item := range scalars(n.Get("uses")) {
		w.uses, w.usesAt = append(w.uses, l.fullName(item.Text)), append(w.usesAt, item.Range)
	}
	w.owners = textsOf(n.Get("owner"))
	for _, item := range scalars(n.Get("has_step")) {
		if id := l.module(item); id != "" {
			w.steps = append(w.steps, id)
		}
	}
	for _, item := range labelTexts(n.Get("label")) {
		term, err := compile.ParseLabelTerm(item.Text)
		if err != nil {
			l.report(item.Range, "", "%s", err)
			continue
		}
		w.labels = append(w.labels, term)
	}
	for _, item := range scalars(n.Get("value")) {
		c, err := bulk.ParseCondition(item.Text)
		if err != nil {
			l.report(item.Range, "", "%s", err)
			continue
		}
		if s, ok := l.selectorOf(item, c.Path); ok {
			op, glob := c.Comparison()
			w.values = append(w.values, condition{s, op, glob, item.Text, item.Range})
		}
	}
}

// labelTexts returns the terms over labels; a mapping gives the required values.
func labelTexts(n *spec.Node) []*spec.Node {
	if n == nil || n.Kind != spec.MappingNode {
		return scalars(n)
	}
	var terms []*spec.Node
	for _, f := range n.Fields {
		terms = append(terms, &spec.Node{Kind: spec.ScalarNode, Type: spec.StringType, Text: f.Key.Text + "=" + f.Value.Text, Range: f.Key.Range})
	}
	return terms
}

// scalars returns the scalar, or the scalars of a list.
func scalars(n *spec.Node) []*spec.Node {
	switch {
	case n == nil || n.IsNull():
		return nil
	case n.Kind == spec.ScalarNode:
		return []*spec.Node{n}
	}
	return slices.DeleteFunc(slices.Clone(n.Items), func(item *spec.Node) bool { return item.Kind != spec.ScalarNode || item.IsNull() })
}

// projects reads aliases, which the workspace must declare.
func (l *loader) projects(n *spec.Node) (aliases []string) {
	for _, item := range scalars(n) {
		if _, known := l.workspace.Projects[item.Text]; !known {
			l.report(item.Range, spec.DidYouMeanOneOf(item.Text, slices.Sorted(maps.Keys(l.workspace.Projects))), "buildsync.yaml declares no project %s", quoted(item.Text))
			continue
		}
		aliases = append(aliases, item.Text)
	}
	return aliases
}

// dateForm is the schema's form of a date.
var dateForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`) })

// maxAlternatives bounds the alternatives in the braces of a glob, which multiply.
const maxAlternatives = 3

func (l *loader) patterns(n *spec.Node) (g spec.Names) {
	for _, item := range scalars(n) {
		switch {
		case !doublestar.ValidatePattern(item.Text):
			l.report(item.Range, "check the brackets and braces", "%s is not a valid pattern for names", quoted(item.Text))
		case strings.Count(item.Text, "{") > maxAlternatives:
			l.report(item.Range, "write a list of patterns", "the pattern %s has more than %d braces", quoted(item.Text), maxAlternatives)
		default:
			g = append(g, item.Text)
		}
	}
	return g
}

// module returns the id of a step module, for an id or an action word.
func (l *loader) module(n *spec.Node) string {
	if m := l.set.catalogue.Action(n.Text); m != nil {
		return m.ID
	}
	if l.set.catalogue.Module(n.Text) != nil || strings.Contains(n.Text, ".") {
		return n.Text
	}
	l.report(n.Range, spec.DidYouMeanOneOf(n.Text, l.set.catalogue.Words()), "no step module is known for the action %s", quoted(n.Text))
	return ""
}

// selector reads a path that jobs can have.
func (l *loader) selector(n *spec.Node) (selector, bool) {
	path, err := valuepath.Parse(n.Text)
	if err != nil {
		l.report(n.Range, `write it as a plan prints it, such as steps[*].image`, "%s", err)
		return selector{}, false
	}
	return l.selectorOf(n, path)
}

func (l *loader) selectorOf(n *spec.Node, path valuepath.Path) (selector, bool) {
	if path.Template != "" || path.IsZero() {
		l.report(n.Range, "", "%s names no value of a job", quoted(n.Text))
		return selector{}, false
	}
	if name, known, unknown := path.Unknown(); unknown && !strings.HasPrefix(n.Text, "extra.") {
		message := quoted(n.Text) + " is not a field of a job"
		if name != n.Text {
			message += ": " + quoted(name) + " is unknown"
		}
		l.report(n.Range, spec.DidYouMeanOneOf(name, known), "%s", message)
		return selector{}, false
	}
	s, ok := newSelector(n.Text, path)
	if !ok {
		l.report(n.Range, "", "the path %s is too long", quoted(n.Text))
	}
	return s, ok
}

func (l *loader) required(p *Policy, n *spec.Node) {
	for _, item := range scalars(n) {
		s, ok := l.selector(item)
		if !ok {
			continue
		}
		r := &required{selector: s}
		if open := s.path.LastItem(); open > 0 {
			items, ok := newSelector(s.text, s.path.Head(open))
			if !ok {
				continue
			}
			r.items = &items
		}
		p.forms = append(p.forms, r)
	}
}

func (l *loader) requiredStep(p *Policy, n *spec.Node) {
	if n == nil || n.Kind != spec.MappingNode {
		return
	}
	fragment, action, name := n.Get("fragment"), n.Get("action"), n.Get("name")
	switch {
	case fragment != nil && (action != nil || name != nil):
		l.report(n.Range, "write two policies", "require_step takes a fragment, or an action and a name, not both")
	case fragment != nil:
		p.forms = append(p.forms, &requiredStep{fragment: l.fullName(fragment.Text), at: fragment.Range})
	default:
		r := &requiredStep{}
		if action != nil {
			r.action = action.Text
			if r.module = l.module(action); r.module == "" {
				return
			}
		}
		if name != nil {
			r.name = name.Text
		}
		p.forms = append(p.forms, r)
	}
}

// KnowFragments gives the policies the steps of fragments. Live jobs do not show which fragment a
// step comes from.
func (s *Set) KnowFragments(files []*spec.File) {
	known := map[string]*spec.Node{}
	for _, file := range files {
		for _, n := range file.Fragments {
			known[n.Str("name")] = n
		}
	}
	for _, p := range s.Policies {
		for _, f := range p.forms {
			if r, ok := f.(*requiredStep); ok && r.fragment != "" {
				r.likes = s.likes(known, r.fragment, 0)
			}
		}
	}
}

const (
	maxLikes     = 1000 // steps of one fragment
	maxLikeDepth = 100
)

// likes describes the steps of a fragment. An input may have any value.
func (s *Set) likes(known map[string]*spec.Node, name string, depth int) (list []stepLike) {
	steps := known[name].Get("steps")
	if steps == nil || depth > maxLikeDepth {
		return nil
	}
	for _, item := range steps.Items {
		if len(list) > maxLikes {
			return list
		}
		if use := item.Get("use"); use != nil && item.Get("module_id") == nil {
			list = append(list, s.likes(known, use.Text, depth+1)...)
			continue
		}
		like := stepLike{module: item.Str("module_id"), name: item.Str("name")}
		if like.module == "" && len(item.Fields) == 1 {
			if m := s.catalogue.Action(item.Fields[0].Key.Text); m != nil {
				like.module = m.ID
			}
			like.name = item.Fields[0].Value.Str("name")
		}
		like.name = anyReference().ReplaceAllString(cmp.Or(like.name, "*"), "*")
		list = append(list, like)
	}
	return list
}

// anyReference matches a ${{ }}.
var anyReference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{\{[^}]*\}\}`) })

// fullName returns the workspace's name for a template or fragment that a file calls name.
func (l *loader) fullName(name string) string {
	if l.from == nil {
		return name
	}
	return l.from.Full(name)
}

func (l *loader) allowed(p *Policy, n *spec.Node) {
	l.eachPath(p, n, func(s selector, value *spec.Node) {
		p.forms = append(p.forms, &allowed{s, textsOf(value)})
	})
}

func (l *loader) forbidden(p *Policy, n *spec.Node) {
	if n == nil || n.Kind == spec.MappingNode {
		l.eachPath(p, n, func(s selector, value *spec.Node) {
			p.forms = append(p.forms, &forbidden{s, textsOf(value)})
		})
		return
	}
	for _, item := range scalars(n) {
		if s, ok := l.selector(item); ok {
			l.inventedTerms(p, item.Range, s.path)
			p.forms = append(p.forms, &forbidden{s, nil})
		}
	}
}

func (l *loader) limits(p *Policy, n *spec.Node, atLeast bool) {
	l.eachPath(p, n, func(s selector, value *spec.Node) {
		q, ok := parseQuantity(value.Text)
		if !ok {
			l.report(value.Range, "write a number, or a duration such as 4h, 90m or 2d", "%s is neither a number nor a duration", quoted(value.Text))
			return
		}
		p.forms = append(p.forms, &limit{s, q, value.Text, atLeast})
	})
}

func (l *loader) eachPath(p *Policy, n *spec.Node, visit func(s selector, value *spec.Node)) {
	if n == nil || n.Kind != spec.MappingNode {
		return
	}
	for _, f := range n.Fields {
		if s, ok := l.selector(f.Key); ok {
			l.pathTerms(p, f.Key.Range, s.path)
			visit(s, f.Value)
		}
	}
}

func (l *loader) rule(p *Policy, n *spec.Node) {
	if n == nil || n.Kind != spec.ScalarNode || n.IsNull() {
		return
	}
	r, err := rule.Compile(n.Text)
	if err != nil {
		l.report(spec.Range{Start: n.TextPos(l.source, err.Offset), End: n.TextPos(l.source, err.End)}, err.Hint, "%s", err.Message)
		return
	}
	p.rule, p.ruleAt = r, n.Range
}

func (l *loader) exceptions(p *Policy, n *spec.Node) {
	if n == nil {
		return
	}
	for _, item := range n.Items {
		job := item.Get("job")
		if job == nil {
			continue
		}
		e := &exception{jobs: l.patterns(job), projects: l.projects(item.Get("project")), at: job.Range}
		if until := item.Get("until"); until != nil {
			if _, err := time.Parse(time.DateOnly, until.Text); err != nil && dateForm().MatchString(until.Text) {
				l.report(until.Range, "write a date such as 2027-01-31", "%s is not a date", quoted(until.Text))
			}
			e.until, e.untilAt = until.Text, until.Range
		}
		p.exceptions = append(p.exceptions, e)
	}
}
