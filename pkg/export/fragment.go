package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// mostInputs is how many values may differ between the jobs of one template.
const mostInputs = 4

// isIdentity reports whether a key's value identifies a step; steps that differ in it are
// different.
func isIdentity(key string) bool { return key == "name" || key == "module_id" || key == "version" }

// shapeOf returns what two lists of steps must have in common for one template: everything except
// texts, numbers and booleans.
func shapeOf(n *yamltext.Node, key string) string {
	switch {
	case n.IsInclude():
		return "." // a text like any other
	case n.Kind == yamltext.MappingNode:
		var parts []string
		for _, f := range n.Fields {
			parts = append(parts, fmt.Sprintf("%q:%s", f.Key, shapeOf(f.Value, f.Key)))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case n.Kind == yamltext.SequenceNode:
		var parts []string
		for _, item := range n.Items {
			parts = append(parts, shapeOf(item, ""))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case isIdentity(key):
		return fmt.Sprintf("%d%q", n.Kind, n.Text)
	}
	return "."
}

// leaf is a place in steps with its value in each job.
type leaf struct {
	key    string
	values []*yamltext.Node
}

// leavesOf pairs the values of lists of steps that have one shape.
func leavesOf(lists []*yamltext.Node, key string, into *[]leaf) {
	first := lists[0]
	if first.IsInclude() || first.Kind == yamltext.TextNode || first.Kind == yamltext.LiteralNode {
		*into = append(*into, leaf{key, lists})
		return
	}
	children := func(pick func(*yamltext.Node) *yamltext.Node) []*yamltext.Node {
		out := make([]*yamltext.Node, len(lists))
		for i, n := range lists {
			out[i] = pick(n)
		}
		return out
	}
	for i := range first.Fields {
		leavesOf(children(func(n *yamltext.Node) *yamltext.Node { return n.Fields[i].Value }), first.Fields[i].Key, into)
	}
	for i := range first.Items {
		leavesOf(children(func(n *yamltext.Node) *yamltext.Node { return n.Items[i] }), key, into)
	}
}

// varies reports whether not all jobs have the same value.
func (l leaf) varies() bool {
	return slices.ContainsFunc(l.values, func(v *yamltext.Node) bool { return !yamltext.Equal(v, l.values[0]) })
}

// usual returns the value that most jobs have, the first of those where several
// are as frequent, and how many have it.
func (l leaf) usual() (value *yamltext.Node, jobs int) {
	counts := map[string]int{}
	idOf := func(v *yamltext.Node) string {
		if v.IsInclude() {
			return "$file" + v.Fields[0].Value.Text
		}
		return string(rune('0'+v.Kind)) + v.Text
	}
	for _, v := range l.values {
		counts[idOf(v)]++
	}
	for _, v := range l.values {
		if count := counts[idOf(v)]; count > jobs {
			value, jobs = v, count
		}
	}
	return value, jobs
}

// share makes one template from the steps of several jobs and their common parameters. Jobs that
// differ too much are divided by a value that most of them share, and each part is tried
// separately.
func (f *factorer) share(jobs []*sharing, names map[string]bool) error {
	if len(jobs) < leastShared {
		return nil
	}
	lists := make([]*yamltext.Node, len(jobs))
	for i, job := range jobs {
		lists[i] = fromSpec(job.node.Get("steps"))
	}
	var leaves []leaf
	leavesOf(lists, "", &leaves)
	leaves = slices.DeleteFunc(leaves, func(l leaf) bool { return !l.varies() })
	if len(leaves) > mostInputs {
		alike, others := apart(jobs, leaves)
		return errors.Join(f.share(alike, names), f.share(others, names))
	}
	inputs, given := inputsFor(leaves, len(jobs))
	name := freeNumbered(templateName(lists[0]), "-", func(s string) bool { return names[s] })
	names[name] = true
	file, err := f.layout.File("templates", name, "template/"+name)
	if err != nil {
		return err
	}
	if _, err := f.set.Tree.ReadFile(file, spec.MaxFileBytes); err == nil {
		return fmt.Errorf("%s exists; move it away", file)
	}
	common := f.commonParameters(jobs)
	template := yamltext.Mapping(yamltext.Entry("name", yamltext.Text(name)))
	if len(inputs.Fields) > 0 {
		template.Add("inputs", inputs)
	}
	if len(common.Items) > 0 {
		template.Add("parameters", common)
	}
	template.Add("steps", lists[0])
	f.made = append(f.made, &madeTemplate{file: file, node: template, jobs: len(jobs)})
	f.out.Templates = append(f.out.Templates, SharedTemplate{Name: name, Jobs: len(jobs)})
	for i, job := range jobs {
		f.use(job, name, given[i], common)
	}
	return nil
}

// inputsFor makes an input of each leaf that varies. It returns their declarations and the inputs
// of each job. The steps of the first job become the template's: its leaves become references.
func inputsFor(leaves []leaf, jobs int) (inputs *yamltext.Node, given []*yamltext.Node) {
	inputs, given = yamltext.Mapping(), make([]*yamltext.Node, jobs)
	for i := range given {
		given[i] = yamltext.Mapping()
	}
	for _, l := range leaves {
		name := freeName(inputName(l.key), func(s string) bool { return inputs.Get(s) != nil })
		usual, count := l.usual()
		declared := yamltext.Mapping(yamltext.Entry("required", yamltext.Literal("true")))
		if 2*count > jobs && !usual.IsInclude() {
			c := *usual
			declared = yamltext.Mapping(yamltext.Entry("default", &c))
		} else {
			usual = nil
		}
		inputs.Add(name, yamltext.OneLine(declared))
		for i, v := range l.values {
			if c := *v; usual == nil || !yamltext.Equal(v, usual) {
				given[i].Add(name, &c)
			}
		}
		*l.values[0] = *yamltext.Text("${{ inputs." + name + " }}")
	}
	return inputs, given
}

// apart divides jobs by the value that most of them share.
func apart(jobs []*sharing, leaves []leaf) (alike, others []*sharing) {
	var by leaf
	var value *yamltext.Node
	most := 0
	for _, l := range leaves {
		if v, count := l.usual(); count > most {
			by, value, most = l, v, count
		}
	}
	for i, job := range jobs {
		if yamltext.Equal(by.values[i], value) {
			alike = append(alike, job)
		} else {
			others = append(others, job)
		}
	}
	return alike, others
}

// use makes a job use a template.
func (f *factorer) use(job *sharing, name string, inputs, common *yamltext.Node) {
	job.given, job.templated = true, true
	ed := f.editors[job.file.Name]
	ed.SetKey(job.node, "steps", nil)
	use := yamltext.Mapping(yamltext.Entry("name", yamltext.Text(name)))
	if len(inputs.Fields) > 0 {
		use.Add("inputs", inputs)
	} else {
		yamltext.OneLine(use)
	}
	after := "name"
	for _, key := range []string{"project", "owner", "labels"} {
		if job.node.Get(key) != nil {
			after = key
		}
	}
	ed.InsertKey(job.node, after, "template", use)
	parameters := job.node.Get("parameters")
	if parameters == nil || len(common.Items) == 0 {
		return
	}
	if len(common.Items) == len(parameters.Items) {
		ed.SetKey(job.node, "parameters", nil)
		return
	}
	var stay []yamledit.Item
	for i, p := range parameters.Items {
		if !containsNode(common.Items, fromSpec(p)) {
			stay = append(stay, yamledit.Item{Have: i})
		}
	}
	ed.Arrange(parameters, stay)
}

// commonParameters returns the build parameters that all of the jobs declare alike.
func (f *factorer) commonParameters(jobs []*sharing) *yamltext.Node {
	common := yamltext.Sequence()
	for i, job := range jobs {
		list := job.node.Get("parameters")
		if list == nil || list.Kind != spec.SequenceNode || f.editors[job.file.Name].IsFlow(list) || f.editors[job.file.Name].hasComments(job.node, "parameters") {
			return yamltext.Sequence()
		}
		own := fromSpec(list).Items
		if i == 0 {
			common.Items = own
		}
		common.Items = slices.DeleteFunc(common.Items, func(p *yamltext.Node) bool { return !containsNode(own, p) })
	}
	for _, p := range common.Items {
		yamltext.OneLine(p)
		for _, field := range p.Fields {
			yamltext.OneLine(field.Value)
		}
	}
	return common
}

func containsNode(list []*yamltext.Node, n *yamltext.Node) bool {
	return slices.ContainsFunc(list, func(m *yamltext.Node) bool { return yamltext.Equal(m, n) })
}

// freeName is base, or base with a number, whichever is not taken.
func freeName(base string, taken func(string) bool) string { return freeNumbered(base, "_", taken) }

func freeNumbered(base, between string, taken func(string) bool) string {
	name := base
	for n := 2; taken(name); n++ {
		name = fmt.Sprintf("%s%s%d", base, between, n)
	}
	return name
}

// inputName returns a property's name as one of an input.
func inputName(key string) string {
	var out strings.Builder
	for _, r := range key {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || out.Len() > 0 && r >= '0' && r <= '9' {
			out.WriteRune(r)
		}
	}
	if out.Len() == 0 {
		return "value"
	}
	return out.String()
}

// templateName says what a template's steps do.
func templateName(steps *yamltext.Node) string {
	var words []string
	for _, step := range steps.Items {
		word := step.Fields[0].Key
		if id := step.Get("module_id"); id != nil {
			word = "step"
		}
		if len(words) == 0 || words[len(words)-1] != word {
			words = append(words, word)
		}
	}
	return strings.Join(words[:min(len(words), 4)], "-")
}

// hasComments reports whether there are comments between the lines of a key's value: they must not
// be moved.
func (ed *editor) hasComments(in *spec.Node, key string) bool {
	at, n := in.Key(key), in.Get(key)
	end := max(ed.At(at.Range.End), ed.At(n.Range.End))
	source := string(ed.Src[ed.At(at.Range.End):ed.LineEnd(end)])
	return hashLines(source) > ed.hashLinesIn(n) || strings.Contains(ed.outsideTexts(n, source, at.Range.End.Line), " #")
}

func hashLines(s string) int {
	count := 0
	for line := range strings.Lines(s) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			count++
		}
	}
	return count
}

// hashLinesIn counts the lines of the texts in n that start with #.
func (ed *editor) hashLinesIn(n *spec.Node) int {
	count := 0
	switch {
	case n.Kind != spec.ScalarNode:
	case n.Style == spec.LiteralStyle || n.Style == spec.FoldedStyle:
		count = hashLines(n.Text)
	case n.Range.End.Line > n.Range.Start.Line: // quoted, over several lines
		count = hashLines(string(ed.Src[ed.LineEnd(ed.At(n.Range.Start)):ed.At(n.Range.End)]))
	}
	for _, f := range n.Fields {
		count += ed.hashLinesIn(f.Value)
	}
	for _, item := range n.Items {
		count += ed.hashLinesIn(item)
	}
	return count
}

// outsideTexts returns the lines of a value's source outside quoted texts and text blocks, where a
// # after a blank begins a comment.
func (ed *editor) outsideTexts(n *spec.Node, source string, line int) string {
	inText := map[int]bool{}
	var out strings.Builder
	var mark func(*spec.Node)
	mark = func(n *spec.Node) {
		if n.Kind == spec.ScalarNode && n.Style != spec.PlainStyle {
			first := n.Range.Start.Line
			if n.Style == spec.LiteralStyle || n.Style == spec.FoldedStyle {
				first++ // a comment may be after the | of a block
			}
			for line := first; line <= n.Range.End.Line; line++ {
				inText[line] = true
			}
			end := ed.At(n.Range.End)
			out.Write(ed.Src[end:ed.LineEnd(end)]) // what is after it
		}
		for _, f := range n.Fields {
			mark(f.Value)
		}
		for _, item := range n.Items {
			mark(item)
		}
	}
	mark(n)
	for text := range strings.Lines(source) {
		if !inText[line] {
			out.WriteString(text)
		}
		line++
	}
	return out.String()
}
