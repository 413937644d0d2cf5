package lint

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/spec"
)

// ignoredLines are the lines that a suppression covers.
type ignoredLines struct {
	first, last int
	pointer     string // of the step or job, "" for a file
}

// ignoreScope returns what `# buildsync:ignore-step`, -job or -file covers: the step, or the job,
// template or fragment around the comment's line, or the whole file. root is nil in a script. ok is
// false if there is no such step or job.
func ignoreScope(kind string, line, lines int, root *spec.Node) (scope ignoredLines, ok bool) {
	whole := ignoredLines{first: 1, last: lines}
	if kind == "-file" {
		return whole, true
	}
	if root == nil {
		return scope, false
	}
	job, node, ok := jobAround(root, line, whole)
	if !ok || kind == "-job" {
		return job, ok
	}
	return itemAround(node.Get("steps"), job.pointer+".steps", line, job)
}

// jobAround finds the job, template, fragment or defaults.job around a line.
func jobAround(root *spec.Node, line int, whole ignoredLines) (job ignoredLines, node *spec.Node, ok bool) {
	if root.Kind != spec.MappingNode {
		return job, nil, false
	}
	for i, field := range root.Fields {
		part := ignoredLines{first: field.Key.Range.Start.Line, last: whole.last}
		if i+1 < len(root.Fields) {
			part.last = root.Fields[i+1].Key.Range.Start.Line - 1
		}
		if line < part.first || line > part.last {
			continue
		}
		switch field.Key.Text {
		case "jobs", "templates", "fragments":
			job, ok = itemAround(field.Value, field.Key.Text, line, part)
			if ok {
				node = itemAt(field.Value, job.first)
			}
			return job, node, ok
		case "families":
			return jobInFamily(field.Value, line, part)
		case "defaults":
			part.pointer = "defaults.job"
			return part, field.Value.Get("job"), field.Value.Get("job") != nil
		}
	}
	return job, nil, false
}

// jobInFamily finds the job of a family around a line, or the family if the line is above its jobs.
func jobInFamily(families *spec.Node, line int, part ignoredLines) (job ignoredLines, node *spec.Node, ok bool) {
	family, ok := itemAround(families, "families", line, part)
	if !ok {
		return job, nil, false
	}
	node = itemAt(families, family.first)
	if job, ok = itemAround(node.Get("jobs"), family.pointer+".jobs", line, family); ok {
		return job, itemAt(node.Get("jobs"), job.first), true
	}
	return family, node, true
}

// itemAround finds the list item around a line. An item ends where the next begins; the last ends
// with the list.
func itemAround(list *spec.Node, pointer string, line int, within ignoredLines) (item ignoredLines, ok bool) {
	if list == nil || list.Kind != spec.SequenceNode {
		return item, false
	}
	i := sort.Search(len(list.Items), func(i int) bool { return list.Items[i].Range.Start.Line > line }) - 1
	if i < 0 {
		return item, false
	}
	n := list.Items[i]
	item = ignoredLines{first: n.Range.Start.Line, last: within.last, pointer: pointer + spec.ItemSegment(n, i)}
	if i+1 < len(list.Items) {
		item.last = max(item.first, list.Items[i+1].Range.Start.Line-1)
	}
	return item, line <= item.last
}

func itemAt(list *spec.Node, line int) *spec.Node {
	for _, n := range list.Items {
		if n.Range.Start.Line == line {
			return n
		}
	}
	return nil
}

// holds reports whether a pointer is one, or is below it.
func holds(outer, pointer string) bool {
	rest, found := strings.CutPrefix(pointer, outer)
	return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// noScope reports a suppression for a step or job if there is none.
func (p *pass) noScope(line string, m []int, number int, pointer string) {
	kind := line[m[2]+1 : m[3]]
	at := lineRange(p.name, number, utf8.RuneCountInString(line[:m[2]])+1-len(ignoreMark), utf8.RuneCountInString(line[:m[3]])+1)
	hint := "write it above the " + kind + " or in it"
	if p.scripts[p.name] != nil {
		hint = "in a script write # " + ignoreMark + "-file RULE: reason, or put the comment where the script is used"
	}
	p.report("unknown-rule", at, pointer, "there is no "+kind+" here to ignore a rule in", hint)
}

// misspelt matches comments that may be meant as suppressions but are not: a word that may be the
// product's name, and one that may be ignore. Behind a blank only exact words count, since a
// sentence may begin so.
var misspelt = pattern(`(?i)(?:^|\s)#\s*(([a-z]+(?:[-_]sync)?)(\s*:\s+|\s+:?\s*|[:_-])([a-z]+)(?:[_-][a-z]+)*)(?:[\s:=(\[,]|$)`)

// ignoreWords are what other linters call a suppression.
var ignoreWords = []string{"ignore", "ignored", "disable", "disabled", "suppress", "noqa", "nolint", "no", "skip", "allow"}

// ignoreSigns are parts of a suppression, right or misspelt. A text without them has none.
var ignoreSigns = []string{"buildsync", "gnore", "build-sync", "BUILDSYNC"}

// seemsIgnoring reports whether a comment in a text may be a suppression. It reads what stands after
// a # alone: scripts often say "ignore".
func seemsIgnoring(text []byte) bool {
	for {
		at := bytes.IndexByte(text, '#')
		if at < 0 {
			return false
		}
		comment, rest, _ := bytes.Cut(text[at:], []byte("\n"))
		if slices.ContainsFunc(ignoreSigns, func(sign string) bool { return bytes.Contains(comment, []byte(sign)) }) {
			return true
		}
		text = rest
	}
}

// misspeltIgnore reports a comment that was meant as a suppression.
func (p *pass) misspeltIgnore(line string, number int) {
	m := misspelt().FindStringSubmatchIndex(line)
	if m == nil {
		return
	}
	word, product, between, verb := line[m[2]:m[3]], strings.ToLower(line[m[4]:m[5]]), line[m[6]:m[7]], strings.ToLower(line[m[8]:m[9]])
	exact := strings.ReplaceAll(strings.ReplaceAll(product, "-", ""), "_", "") == "buildsync"
	known := slices.Contains(ignoreWords, verb)
	attached := strings.TrimSpace(between) == between
	switch {
	case exact && known && (attached || verb != "no" && verb != "skip" && verb != "allow"):
	case exact && attached && (strings.HasPrefix(verb, "ignore") || spec.Nearest(verb, []string{"ignore"}) != ""):
	case attached && strings.HasPrefix(verb, "ignore") && spec.Nearest(product, []string{"buildsync"}) != "":
	default:
		return
	}
	at := lineRange(p.name, number, utf8.RuneCountInString(line[:m[2]])+1, utf8.RuneCountInString(line[:m[3]])+1)
	hint := "did you mean # " + ignoreMark + " RULE: reason?"
	for _, kind := range []string{"step", "job", "file"} {
		if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(word), "s"), kind) {
			hint = "did you mean # " + ignoreMark + "-" + kind + " RULE: reason?"
		}
	}
	p.report("unused-suppression", at, "", quoted(word)+" suppresses nothing", hint)
}
