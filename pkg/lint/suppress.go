package lint

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/spec"
)

// comments are the suppressions of one file.
type comments struct {
	list   []*comment
	byLine map[int][]*comment // those that cover few lines, by each of them
	wide   []*comment         // the others
}

// fewLines is the largest number of lines for which a comment is indexed by line.
const fewLines = 32

func (c *comments) add(one *comment) {
	c.list = append(c.list, one)
	if one.last-one.first >= fewLines {
		c.wide = append(c.wide, one)
		return
	}
	if c.byLine == nil {
		c.byLine = map[int][]*comment{}
	}
	for line := one.first; line <= one.last; line++ {
		c.byLine[line] = append(c.byLine[line], one)
	}
}

// comment is one `# buildsync:ignore rule, rule: reason`, or one that ends in
// -step, -job or -file.
type comment struct {
	first, last int    // the lines it covers
	scope       string // the pointer of the step or job that it covers, with the scripts that it includes; or ""
	rules       []suppressed
}

type suppressed struct {
	rule    string
	at      spec.Range
	pointer string // of what it covers
	used    bool
	refused bool // what it covers is an error that cannot be suppressed
}

const ignoreMark = "buildsync:ignore"

var ignoreComment = pattern(`(?:^|\s)#\s*buildsync:ignore(-step|-job|-file)?(?:\s+([^:#]*)|:|$)`)

// blockHeader matches the end of a line that a block scalar starts on.
var blockHeader = pattern(`[|>][-+0-9]{0,2}\s*(#.*)?$`)

// readComments reads the suppressions of a YAML file. A comment covers its own line or, if alone,
// the next line that is not a comment. If a block scalar starts on that line, it covers the scalar.
// Those with -step, -job or -file cover more, see ignoreScope.
func (p *pass) readComments(root *spec.Node) {
	if seemsIgnoring(p.source) {
		pointers := func(places []spec.Pos) []string { return spec.PointersAt(root, places) }
		p.linter.comments[p.name] = p.commentsIn(splitLines(p.source), blockHeader(), pointers, root)
	}
}

// readScriptComments does the same for a script file of the property at pointer.
func (p *pass) readScriptComments(text, pointer string) {
	if seemsIgnoring([]byte(text)) {
		pointers := func(places []spec.Pos) []string { return slices.Repeat([]string{pointer}, len(places)) }
		p.linter.comments[p.name] = p.commentsIn(splitLines([]byte(text)), nil, pointers, nil)
	}
}

func splitLines(source []byte) []string {
	return strings.Split(string(bytes.TrimPrefix(source, []byte("\ufeff"))), "\n")
}

// ignoring is a comment with the first line that it covers.
type ignoring struct {
	line, first int
	match       []int // of ignoreComment
}

// commentsIn reads the comments in lines. root is the root of a YAML file, nil for a script.
// pointers returns the values at places.
func (p *pass) commentsIn(lines []string, header *regexp.Regexp, pointers func([]spec.Pos) []string, root *spec.Node) *comments {
	marks := p.ignorings(lines)
	places := make([]spec.Pos, len(marks))
	for i, mark := range marks {
		if mark.first <= len(lines) {
			places[i] = spec.Pos{File: p.name, Line: mark.first, Column: valueColumn(lines[mark.first-1])}
		}
	}
	at := pointers(places)
	found := &comments{}
	for i, mark := range marks {
		line, m, covered := lines[mark.line-1], mark.match, at[i]
		c := &comment{first: mark.first, last: lastCovered(lines, mark.first, header)}
		if m[2] >= 0 {
			scope, ok := ignoreScope(line[m[2]:m[3]], c.first, len(lines), root)
			if !ok {
				p.noScope(line, m, mark.line, covered)
				continue
			}
			c.first, c.last, c.scope = scope.first, scope.last, scope.pointer
			covered = cmp.Or(scope.pointer, covered)
		}
		c.rules = p.rulesIn(line, m, mark.line, covered)
		found.add(c)
	}
	return found
}

// ignorings finds the comments in lines and reports misspelt ones. One alone on its line covers the
// next line that is neither blank nor a comment.
func (p *pass) ignorings(lines []string) (marks []ignoring) {
	waiting := 0 // those at the end that wait for their line
	for i, line := range lines {
		if !spec.IsBlankOrComment(line) {
			for k := len(marks) - waiting; k < len(marks); k++ {
				marks[k].first = i + 1
			}
			waiting = 0
		}
		if !seemsIgnoring([]byte(line)) {
			continue
		}
		m := ignoreComment().FindStringSubmatchIndex(line)
		if m == nil {
			p.misspeltIgnore(line, i+1)
			continue
		}
		mark := ignoring{line: i + 1, first: i + 1, match: m}
		if strings.TrimSpace(line[:m[0]]) == "" {
			mark.first = len(lines) + 1
			waiting++
		}
		marks = append(marks, mark)
	}
	return marks
}

// lastCovered extends a line to the block scalar that starts on it, or to the
// lines that continue it with a backslash.
func lastCovered(lines []string, line int, header *regexp.Regexp) int {
	if line > len(lines) {
		return line
	}
	text := strings.TrimRight(lines[line-1], "\r")
	if header != nil && header.MatchString(text) {
		indent := indentOf(text)
		for line < len(lines) {
			next := strings.TrimRight(lines[line], " \r")
			if next != "" && indentOf(next) <= indent {
				break
			}
			line++
		}
		return line
	}
	for line < len(lines) && goesOn(strings.TrimRight(lines[line-1], "\r"), header != nil) {
		line++
	}
	return line
}

// goesOn reports whether a line continues on the next. In YAML, a line that ends with \n\ does not:
// that is how a line of a double-quoted script ends.
func goesOn(line string, yaml bool) bool {
	if yaml && strings.HasSuffix(line, `\n\`) {
		return strings.HasSuffix(line, `\\\n\`)
	}
	return strings.HasSuffix(line, `\`)
}

// valueColumn returns the column, in characters from 1, in which a line's key or
// value starts, after the dashes of lists.
func valueColumn(line string) int {
	return len(line) - len(strings.TrimLeft(line, " -")) + 1
}

// rulesIn reads the rules in a comment; m are the indexes of ignoreComment in line. covered is the
// pointer of the covered value.
func (p *pass) rulesIn(line string, m []int, number int, covered string) []suppressed {
	place := func(from, to int) spec.Range {
		return lineRange(p.name, number, utf8.RuneCountInString(line[:from])+1, utf8.RuneCountInString(line[:to])+1)
	}
	var found []suppressed
	if m[4] >= 0 {
		for _, word := range ruleWord().FindAllStringIndex(line[m[4]:m[5]], -1) {
			from, to := m[4]+word[0], m[4]+word[1]
			name := line[from:to]
			if isPolicyRule(name) {
				p.report("unknown-rule", place(from, to), covered, "a policy cannot be suppressed: "+quoted(name), "only except: in the file of the policy exempts a job")
				continue
			}
			rule, known := ruleByName(name)
			if !known {
				p.report("unknown-rule", place(from, to), covered, "there is no rule "+quoted(name), ruleHint(name))
				continue
			}
			p.oldRuleName(name, &rule, place(from, to), covered)
			found = append(found, suppressed{rule: rule.Name, at: place(from, to), pointer: covered})
		}
		if len(found) > 0 || strings.TrimSpace(line[m[4]:m[5]]) != "" {
			return found
		}
	}
	mark := m[0] + strings.Index(line[m[0]:], ignoreMark)
	p.report("unknown-rule", place(mark, mark+len(ignoreMark)), covered, "the suppression names no rule", "write # buildsync:ignore rule-name: reason")
	return found
}

// ruleHint explains a name that is not a rule's.
func ruleHint(name string) string {
	if rule, _, wide := strings.Cut(name, "："); wide {
		return "the colon behind it is a full-width one: write " + rule + ": and a space"
	}
	return spec.DidYouMeanOneOf(name, RuleNames())
}

var ruleWord = pattern(`[^\s,]+`)

// suppress drops the covered findings, and adds one for each suppression that covered nothing, or
// only findings that cannot be suppressed.
func (l *linter) suppress(ds, hard spec.Diagnostics) spec.Diagnostics {
	for i := range hard {
		l.covering(&hard[i], func(s *suppressed) { s.refused = true })
	}
	kept := ds[:0]
	for _, d := range ds {
		if !l.isSuppressed(&d) {
			kept = append(kept, d)
		}
	}
	for file, comments := range l.comments {
		setting, set := l.config.level("unused-suppression", file)
		if set && setting.off {
			continue
		}
		for _, c := range comments.list {
			for i := range c.rules {
				d, unused := unusedSuppression(&c.rules[i])
				if !unused {
					continue
				}
				if d.Hint == removeComment && len(c.rules) > 1 {
					d.Hint = "remove the name from the comment"
				}
				if set {
					d.Severity = setting.severity
				}
				kept = append(kept, d)
			}
		}
	}
	return kept
}

// removeComment is the hint at a suppression that does nothing.
const removeComment = "remove the comment"

func unusedSuppression(s *suppressed) (spec.Diagnostic, bool) {
	d := spec.Diagnostic{Rule: "unused-suppression", Severity: severityOf("unused-suppression"), Range: s.at, Pointer: s.pointer}
	rule, _ := ruleByName(s.rule)
	switch {
	case s.used:
		return d, false
	case s.refused || rule.Fixed:
		d.Message, d.Hint = "the rule "+quoted(s.rule)+" cannot be suppressed", "its findings also stop plan and apply"
	default:
		d.Message, d.Hint = "there is no finding of "+quoted(s.rule)+" to suppress here", removeComment
	}
	return d, true
}

func (l *linter) isSuppressed(d *spec.Diagnostic) bool {
	hit := false
	l.covering(d, func(s *suppressed) { s.used, hit = true, true })
	return hit
}

// covering calls f for the suppressions of a finding.
func (l *linter) covering(d *spec.Diagnostic, f func(*suppressed)) {
	apply := func(list []*comment, covers func(*comment) bool) {
		for _, c := range list {
			if !covers(c) {
				continue
			}
			for i := range c.rules {
				if c.rules[i].rule == d.Rule {
					f(&c.rules[i])
				}
			}
		}
	}
	file, line := d.Range.Start.File, d.Range.Start.Line
	if found := l.comments[file]; found != nil {
		covers := func(c *comment) bool { return c.first <= line && line <= c.last }
		apply(found.byLine[line], covers)
		apply(found.wide, covers)
	}
	if script := l.scripts[file]; script != nil {
		for _, user := range script.users {
			if found := l.comments[user]; found != nil {
				apply(found.list, func(c *comment) bool { return c.scope != "" && holds(c.scope, d.Pointer) })
			}
		}
	}
}
