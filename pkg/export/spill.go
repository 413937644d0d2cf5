package export

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
)

// File is a file of the workspace: definitions, or a text that they include.
type File struct {
	Name string // relative to the workspace
	Text []byte
}

const (
	// longText is the length from which a text gets its own file: nobody reads such a script
	// between lines of YAML.
	longText = 64 << 10
	// leastSpilled is the minimum length of a text that is moved out of a file that would be too
	// large.
	leastSpilled = 1 << 10
	// mostBytes is how large a definition file becomes: a little less than what
	// can be read, for the line that names the schema.
	mostBytes = spec.MaxFileBytes - 4<<10
	// longName is how long the line of an include becomes.
	longName = 300
	// scriptFolder is where scripts are, in the workspace.
	scriptFolder = "scripts"
)

// spilled is a definition's tree with its long texts in files.
type spilled struct {
	tree    *yamltext.Node
	scripts []*spilledText
}

// spilledText is a text that has left the tree, with the node that names its
// file.
type spilledText struct {
	base string // the file's name within the definition's folder
	text string
	name *yamltext.Node
}

// spill moves long texts out of a tree, and if the file would still be too large, the longest of
// the others. It does not change the tree itself.
func spill(tree *yamltext.Node) spilled {
	texts := longTexts(tree, "", "")
	out := spilled{tree: tree}
	move := func(t foundText) {
		base := freeFile(t.base, func(s string) bool {
			return slices.ContainsFunc(out.scripts, func(t *spilledText) bool { return strings.EqualFold(t.base, s) })
		})
		name := yamltext.Text(path.Join(scriptFolder, base))
		out.scripts = append(out.scripts, &spilledText{base: base, text: spec.UnescapeReferences(t.node.Text), name: name})
		out.tree = exchanged(out.tree, t.node, yamltext.OneLine(yamltext.Mapping(yamltext.Entry(spec.FileKey, name))))
	}
	texts = slices.DeleteFunc(texts, func(t foundText) bool {
		if len(t.node.Text) < longText {
			return false
		}
		move(t)
		return true
	})
	slices.SortStableFunc(texts, func(a, b foundText) int { return len(b.node.Text) - len(a.node.Text) })
	for len(texts) > 0 {
		excess := sizeOf(out.tree) + len(out.scripts)*longName - mostBytes
		if excess <= 0 {
			break
		}
		for excess > 0 && len(texts) > 0 {
			move(texts[0])
			excess -= len(texts[0].node.Text) - 2*longName
			texts = texts[1:]
		}
	}
	return out
}

// sizeOf returns at least how large a file with a tree is.
func sizeOf(tree *yamltext.Node) int {
	var out bytes.Buffer
	yamltext.AppendBlock(&out, yamltext.Mapping(yamltext.Entry("jobs", yamltext.Sequence(tree))), "")
	return out.Len()
}

// place names the scripts' files in a folder, "" for that of a probe.
func (s spilled) place(folder string) []File {
	var scripts []File
	for _, t := range s.scripts {
		t.name.Text = path.Join(scriptFolder, folder, t.base)
		scripts = append(scripts, File{Name: t.name.Text, Text: []byte(t.text)})
	}
	return scripts
}

// foundText is a text that could be in a file of its own, with a name for
// that.
type foundText struct {
	node *yamltext.Node
	base string
}

// longTexts lists the texts of a job's or template's steps, and those under
// extra, that an include can hold as they are.
func longTexts(n *yamltext.Node, step, key string) []foundText {
	var found []foundText
	switch {
	case n == nil:
	case n.Kind == yamltext.TextNode && len(n.Text) >= leastSpilled && canInclude(spec.UnescapeReferences(n.Text)):
		found = append(found, foundText{node: n, base: scriptName(step, key)})
	case n.Kind == yamltext.MappingNode && step == "":
		for i, item := range itemsOf(n.Get(wire.KeySteps)) {
			found = append(found, longTexts(item, stepLabel(item, i), "")...)
		}
		found = append(found, longTexts(n.Get("extra"), "extra", "")...)
	}
	if n == nil || step == "" {
		return found
	}
	for _, f := range n.Fields {
		found = append(found, longTexts(f.Value, step, f.Key)...)
	}
	for _, item := range n.Items {
		found = append(found, longTexts(item, step, key)...)
	}
	return found
}

// canInclude reports whether including a file gives exactly this text.
func canInclude(s string) bool {
	return len(s) <= spec.MaxFileBytes && utf8.ValidString(s) && !strings.ContainsRune(s, 0) && !strings.HasPrefix(s, "\ufeff")
}

// stepLabel returns what a step is called, for a file's name.
func stepLabel(step *yamltext.Node, i int) string {
	label := step.Get(wire.KeyName)
	if label == nil && len(step.Fields) == 1 {
		label = step.Fields[0].Value.Get(wire.KeyName)
	}
	if label == nil || label.Text == "" {
		return "step-" + strconv.Itoa(i+1)
	}
	return label.Text
}

// scriptName returns the name of a text's file: a step's command is its script.
func scriptName(step, key string) string {
	stem := strings.Trim(strings.ToLower(outfile.Stem(shortened(step))), "-")
	if key == "command" {
		return cmp.Or(stem, "script") + ".sh"
	}
	return strings.Trim(stem+"-"+strings.ToLower(outfile.Stem(shortened(key))), "-") + ".txt"
}

// shortened returns the start of a name that may be of any length.
func shortened(name string) string {
	runes := []rune(name)
	return string(runes[:min(len(runes), 40)])
}

// freeFile returns a file's name, with a number where it is taken.
func freeFile(base string, taken func(string) bool) string {
	extension := path.Ext(base)
	stem := strings.TrimSuffix(base, extension)
	return freeNumbered(stem, "-", func(s string) bool { return taken(s + extension) }) + extension
}

// exchanged returns a tree with one node replaced. Other branches are shared.
func exchanged(n, from, to *yamltext.Node) *yamltext.Node {
	if n == from {
		return to
	}
	if n == nil || len(n.Fields)+len(n.Items) == 0 {
		return n
	}
	changed := *n
	changed.Fields, changed.Items = slices.Clone(n.Fields), slices.Clone(n.Items)
	same := true
	for i, f := range n.Fields {
		changed.Fields[i].Value = exchanged(f.Value, from, to)
		same = same && changed.Fields[i].Value == f.Value
	}
	for i, item := range n.Items {
		changed.Items[i] = exchanged(item, from, to)
		same = same && changed.Items[i] == item
	}
	if same {
		return n
	}
	return &changed
}
