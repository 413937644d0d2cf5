package export

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Effects are what people must know of an edit besides the changed files.
type Effects struct {
	Secrets  []Secret // that the files need and buildsync.yaml does not declare yet
	Replaced []Replaced
}

// Replaced is a reference that an edit replaced by the text that is live.
type Replaced struct {
	Reference string // such as vars.image
	At        spec.Pos
}

// valuesOf returns the values of the references in a job's definition. They need not be right, since
// an edit counts only if it compiles to the live job.
func valuesOf(set *spec.Set, job *compile.Job, given map[string]string) func(reference string) (string, bool) {
	var valueOf func(reference string, depth int) (string, bool)
	valueOf = func(reference string, depth int) (string, bool) {
		name, isVariable := strings.CutPrefix(reference, "vars.")
		text, isGiven := given[name]
		n := set.Workspace.Vars[name]
		switch {
		case reference == "job.name":
			return job.Name, true
		case reference == "job.project":
			return job.Project, true
		case !isVariable || depth > 20:
			return "", false
		case isGiven:
			return text, true
		case n == nil || n.Kind != spec.ScalarNode:
			return "", false
		case n.IsNull():
			return "", true
		}
		return expanded(n.Text, func(r string) (string, bool) { return valueOf(r, depth+1) })
	}
	return func(reference string) (string, bool) { return valueOf(reference, 0) }
}

// expanded returns a text with the values of its references.
func expanded(text string, valueOf func(reference string) (string, bool)) (string, bool) {
	parts, err := spec.SplitReferences(text)
	if err != nil {
		return "", false
	}
	var out strings.Builder
	for _, p := range parts {
		value := p.Text
		if p.IsReference {
			var known bool
			if value, known = valueOf(p.Text); !known {
				return "", false
			}
		}
		out.WriteString(value)
	}
	return out.String(), true
}

// referring returns a wanted text with the references of the written one, where the texts agree on
// their values.
func (ed *editor) referring(written string, want *yamltext.Node) *yamltext.Node {
	if ed.valueOf == nil || want.Kind != yamltext.TextNode || !spec.HasReference(written) {
		return want
	}
	old, known := expanded(written, ed.valueOf)
	if !known {
		return want
	}
	text := spec.UnescapeReferences(want.Text)
	a := alignment{old: old, now: text}
	parts, _ := spec.SplitReferences(written)
	end := 0
	for _, p := range parts {
		value := p.Text
		if p.IsReference {
			value, _ = ed.valueOf(p.Text)
			a.values = append(a.values, valueSpan{start: end, end: end + len(value), at: -1, source: written[p.Start:p.End]})
		}
		end += len(value)
	}
	a.lines()
	c := *want
	c.Text = a.written()
	return &c
}

// alignment finds the values of references of an old text in a new one.
type alignment struct {
	old, now string
	values   []valueSpan
}

// valueSpan is the value of a reference in the old text.
type valueSpan struct {
	start, end int
	at         int // in the new text, -1 where it is not found
	source     string
}

// written returns the new text with a reference for each value that was found.
func (a *alignment) written() string {
	var out strings.Builder
	end := 0
	for _, v := range a.values {
		if v.at < end || v.at > 0 && a.now[v.at-1] == '$' {
			continue
		}
		out.WriteString(spec.EscapeReferences(a.now[end:v.at]) + v.source)
		end = v.at + v.end - v.start
	}
	return out.String() + spec.EscapeReferences(a.now[end:])
}

// mostLines bounds the lines of two texts that are compared line by line.
const mostLines = 1000

// lines aligns the lines that did not change, then what is between them.
func (a *alignment) lines() {
	old, now := strings.SplitAfter(a.old, "\n"), strings.SplitAfter(a.now, "\n")
	if len(old) > mostLines || len(now) > mostLines {
		a.between(0, len(a.old), 0, len(a.now))
		return
	}
	longest := make([][]int, len(old)+1) // common lines from i and j on
	for i := range longest {
		longest[i] = make([]int, len(now)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			if longest[i][j] = max(longest[i+1][j], longest[i][j+1]); old[i] == now[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	oldEnd, nowEnd, i, j := 0, 0, 0, 0 // of what is aligned; the next lines
	oldAt, nowAt := 0, 0               // where the next lines start
	for i < len(old) && j < len(now) {
		switch {
		case old[i] == now[j] && longest[i][j] == longest[i+1][j+1]+1:
			a.between(oldEnd, oldAt, nowEnd, nowAt)
			oldEnd, nowEnd = oldAt+len(old[i]), nowAt+len(now[j])
			a.same(oldAt, oldEnd, nowAt)
			oldAt, nowAt, i, j = oldEnd, nowEnd, i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			oldAt, i = oldAt+len(old[i]), i+1
		default:
			nowAt, j = nowAt+len(now[j]), j+1
		}
	}
	a.between(oldEnd, len(a.old), nowEnd, len(a.now))
}

// same aligns a part of the old text with an equal one of the new text.
func (a *alignment) same(oldStart, oldEnd, nowStart int) {
	for i, v := range a.values {
		if v.at < 0 && v.start >= oldStart && v.end <= oldEnd {
			if at := nowStart + v.start - oldStart; a.isWhole(v, at) {
				a.values[i].at = at
			}
		}
	}
}

// between aligns the equal ends of two parts, then a value that either part has once.
func (a *alignment) between(oldStart, oldEnd, nowStart, nowEnd int) {
	old, now := a.old[oldStart:oldEnd], a.now[nowStart:nowEnd]
	before := 0
	for before < len(old) && before < len(now) && old[before] == now[before] {
		before++
	}
	after := 0
	for after < len(old)-before && after < len(now)-before && old[len(old)-1-after] == now[len(now)-1-after] {
		after++
	}
	a.same(oldStart, oldStart+before, nowStart)
	a.same(oldEnd-after, oldEnd, nowEnd-after)
	oldStart, oldEnd, nowStart, nowEnd = oldStart+before, oldEnd-after, nowStart+before, nowEnd-after
	old, now = a.old[oldStart:oldEnd], a.now[nowStart:nowEnd]
	// The longest first: a short one may be there by chance.
	var order []int
	for i, v := range a.values {
		if v.at < 0 && v.start >= oldStart && v.end <= oldEnd && v.start < v.end {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(a.values[j].end-a.values[j].start, a.values[i].end-a.values[i].start)
	})
	for _, i := range order {
		v := a.values[i]
		value := a.old[v.start:v.end]
		at := nowStart + strings.Index(now, value)
		if strings.Count(old, value) != 1 || strings.Count(now, value) != 1 || !a.isWhole(v, at) {
			continue
		}
		a.values[i].at = at
		a.between(oldStart, v.start, nowStart, at)
		a.between(v.end, oldEnd, at+len(value), nowEnd)
		return
	}
}

// isWhole reports whether the value of v is not a part of a longer word at its place in the new
// text, unless it was in the old one.
func (a *alignment) isWhole(v valueSpan, at int) bool {
	if v.start == v.end {
		return true
	}
	end := at + v.end - v.start
	first, _ := utf8.DecodeRuneInString(a.now[at:])
	last, _ := utf8.DecodeLastRuneInString(a.now[:end])
	before, _ := utf8.DecodeLastRuneInString(a.now[:at])
	after, _ := utf8.DecodeRuneInString(a.now[end:])
	wasBefore, _ := utf8.DecodeLastRuneInString(a.old[:v.start])
	wasAfter, _ := utf8.DecodeRuneInString(a.old[v.end:])
	return !(inWord(before) && inWord(first) && before != wasBefore) && !(inWord(last) && inWord(after) && after != wasAfter)
}

func inWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// noteReplaced notes the references of a node that the one in its place has no longer.
func (ed *editor) noteReplaced(have *spec.Node, now *yamltext.Node) {
	left := map[string]int{}
	eachText(now, func(text string) {
		for _, r := range spec.References(text) {
			left[r.Text]++
		}
	})
	ed.eachReference(have, func(r Replaced) {
		if left[r.Reference]--; left[r.Reference] < 0 {
			ed.replaced = append(ed.replaced, r)
		}
	})
}

func eachText(n *yamltext.Node, visit func(text string)) {
	visit(n.Text)
	for _, f := range n.Fields {
		eachText(f.Value, visit)
	}
	for _, item := range n.Items {
		eachText(item, visit)
	}
}

// eachReference visits the references in the values of a node.
func (ed *editor) eachReference(n *spec.Node, visit func(Replaced)) {
	if n.Kind == spec.ScalarNode && spec.HasReference(n.Text) {
		places := n.TextPlaces(ed.Lines)
		for _, r := range spec.References(n.Text) {
			visit(Replaced{r.Text, places.At(r.Start)})
		}
	}
	for _, f := range n.Fields {
		ed.eachReference(f.Value, visit)
	}
	for _, item := range n.Items {
		ed.eachReference(item, visit)
	}
}
