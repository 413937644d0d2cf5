package lint

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Accepted is an error that a comment in a file suppresses now.
type Accepted struct {
	File    string
	Rule    string
	Pointer string
}

// Accept writes suppressions for errors about values that are right as they are:
// those that may decide about. It returns the files that change, whose other bytes
// stay, and what their new comments suppress. What keeps plan and apply from
// running, policies and literal secrets are not accepted.
func Accept(tree spec.Tree, environment string, opts Options, reason string, may func(d *spec.Diagnostic) bool) (files map[string][]byte, accepted []Accepted) {
	a := accepting{tree: tree, environment: environment, reason: reason, known: map[Accepted]*acceptance{}}
	found := Check(tree, environment, opts)
	for range acceptScopes {
		if !a.pass(found, may) {
			break
		}
		files = a.files()
		found = Check(spec.Edited(tree, files), environment, opts)
	}
	a.pass(found, may) // what is still found has no comment that helps
	if files = a.files(); len(files) == 0 {
		return nil, nil
	}
	for _, one := range a.list {
		if one.scope < len(acceptScopes) {
			accepted = append(accepted, one.Accepted)
		}
	}
	return files, accepted
}

// isAcceptable reports whether a comment that nobody wrote may suppress a rule. A finding about such
// a comment is none about a value: the next pass widens it.
func isAcceptable(name string) bool {
	rule, known := ruleByName(name)
	return known && name != "unknown-rule" && !rule.Fixed && !isPolicyRule(name) && !strings.HasPrefix(name, "secret-")
}

// acceptScopes are the scopes of a comment, from the narrowest: a wider one is taken
// where the narrower does not cover the finding.
var acceptScopes = []string{"", "-step", "-job"}

// acceptance is a value with the lines above which its comments go.
type acceptance struct {
	Accepted

	file  string // of the comments
	lines []int
	scope int // in acceptScopes
}

type accepting struct {
	tree        spec.Tree
	environment string
	reason      string
	list        []*acceptance
	known       map[Accepted]*acceptance
}

// pass notes what was found, and widens the scope of the comments that did not
// help. The result reports whether there is anything new.
func (a *accepting) pass(found spec.Diagnostics, may func(d *spec.Diagnostic) bool) (again bool) {
	fresh, widened := map[*acceptance]bool{}, map[*acceptance]bool{}
	for i := range found {
		d := &found[i]
		if d.Severity != spec.Error || !isAcceptable(d.Rule) || !may(d) {
			continue
		}
		key := Accepted{d.Range.Start.File, d.Rule, d.Pointer}
		one := a.known[key]
		switch {
		case one == nil:
			file, line, scope := a.place(d)
			if line == 0 {
				continue
			}
			one = &acceptance{Accepted: key, file: file, lines: []int{line}, scope: scope}
			a.list, a.known[key], fresh[one], again = append(a.list, one), one, true, true
		case fresh[one]:
			if _, line, _ := a.place(d); !slices.Contains(one.lines, line) {
				one.lines = append(one.lines, line)
			}
		case !widened[one]:
			one.scope, widened[one], again = one.scope+1, true, true
		}
	}
	return again
}

// place returns where a comment about a finding goes, and the scope that it needs;
// line 0 if there is no place.
func (a *accepting) place(d *spec.Diagnostic) (file string, line, scope int) {
	file = d.Range.Start.File
	if line, scope = a.lineOf(d); line > 0 {
		return file, line, scope
	}
	// A script in a file of its own stays as it is: the step that takes it has the comment.
	w, _ := spec.LoadWorkspace(a.tree, spec.Options{Environment: a.environment})
	if w == nil {
		return "", 0, 0
	}
	names, err := a.tree.Glob(w.Definitions)
	if err != nil {
		return "", 0, 0
	}
	for _, name := range names {
		text, err := a.tree.ReadFile(name, spec.MaxFileBytes)
		if at := bytes.Index(text, []byte("$file: "+file)); err == nil && at >= 0 {
			return name, 1 + bytes.Count(text[:at], []byte("\n")), 1
		}
	}
	return "", 0, 0
}

// lineOf returns the line that a comment about a finding goes above, and the scope
// that it needs; 0 if the file is no YAML.
func (a *accepting) lineOf(d *spec.Diagnostic) (line, scope int) {
	line = d.Range.Start.Line
	root := a.root(d.Range.Start.File)
	if root == nil {
		return 0, 0
	}
	walkScalars(root, func(n *spec.Node) {
		first, last := n.Range.Start.Line, n.Range.End.Line
		if first < line && line <= last {
			line = first
			if n.Style != spec.LiteralStyle && n.Style != spec.FoldedStyle {
				scope = 1
			}
		}
	})
	return line, scope
}

func walkScalars(n *spec.Node, f func(*spec.Node)) {
	if n.Kind == spec.ScalarNode {
		f(n)
	}
	for _, field := range n.Fields {
		f(field.Key)
		walkScalars(field.Value, f)
	}
	for _, item := range n.Items {
		walkScalars(item, f)
	}
}

func (a *accepting) root(name string) *spec.Node {
	text, err := a.tree.ReadFile(name, spec.MaxFileBytes)
	if err != nil || !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") {
		return nil
	}
	root, _ := spec.ParseFile(name, text)
	return root
}

// acceptPlace is a line with a comment above it.
type acceptPlace struct {
	line  int
	scope string
}

// files writes all comments into the files as they were at first.
func (a *accepting) files() map[string][]byte {
	rules := map[string]map[acceptPlace][]string{}
	for _, one := range a.list {
		if one.scope >= len(acceptScopes) {
			continue // no comment can suppress it
		}
		if rules[one.file] == nil {
			rules[one.file] = map[acceptPlace][]string{}
		}
		for _, line := range one.lines {
			if at := (acceptPlace{line, acceptScopes[one.scope]}); !slices.Contains(rules[one.file][at], one.Rule) {
				rules[one.file][at] = append(rules[one.file][at], one.Rule)
			}
		}
	}
	files := map[string][]byte{}
	for name, places := range rules {
		if text, err := a.tree.ReadFile(name, spec.MaxFileBytes); err == nil {
			files[name] = a.commented(text, places)
		}
	}
	return files
}

// commented puts a comment with rules above each of the lines.
func (a *accepting) commented(text []byte, rules map[acceptPlace][]string) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	order := slices.SortedFunc(maps.Keys(rules), func(a, b acceptPlace) int {
		return cmp.Or(b.line-a.line, strings.Compare(a.scope, b.scope))
	})
	for _, at := range order {
		below, end := lines[at.line-1], "\n"
		if bytes.HasSuffix(below, []byte("\r\n")) {
			end = "\r\n"
		}
		indent := below[:len(below)-len(bytes.TrimLeft(below, " "))]
		comment := string(indent) + "# " + ignoreMark + at.scope + " " + strings.Join(slices.Sorted(slices.Values(rules[at])), ", ") + ": " + a.reason + end
		lines = slices.Insert(lines, at.line-1, []byte(comment))
	}
	return bytes.Join(lines, nil)
}
