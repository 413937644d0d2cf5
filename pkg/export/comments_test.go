package export_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// remark is a comment of a random file and the node that it is about.
type remark struct {
	text string
	kind remarkKind
	node string // names from the root, with a slash before each
}

type remarkKind int

const (
	above  remarkKind = iota // on the line before the node
	beside                   // on its first or last line
	below                    // after its last line, in words that say so
	deeper                   // after its last line, indented deeper
	foot                     // at the end of a collection, after a blank line
)

// piece is an entry of a mapping or an item of a list of a random file.
type piece struct {
	name     string // the key, or what identifies the item
	text     string // of a scalar
	lines    []string
	quoted   bool // lines are in double quotes, as early exports wrote them
	list     bool
	children []piece
	open     bool // never in brackets
}

// scribbler writes a random file with comments wherever YAML allows them.
type scribbler struct {
	emulatortest.Draw
	out     strings.Builder
	remarks []remark
	anchors []piece // the values that have an anchor, by its number
	aliases bool    // a value may be an alias of an earlier equal one
	shared  bool    // the last value is a list at the column of its key: what is below may be about its last item
}

func (s *scribbler) remark(kind remarkKind, node string) string {
	text := fmt.Sprintf("# %s c%03d", [...]string{"above", "beside", "end of", "deeper", "foot"}[kind], len(s.remarks))
	s.remarks = append(s.remarks, remark{text, kind, node})
	return text
}

// maybe is true in so many of 100 draws; a smaller example has fewer of them.
func maybe(d emulatortest.Draw, percent int) bool { return d.Count(99) >= 100-percent }

func (s *scribbler) maybe(percent int) bool { return maybe(s.Draw, percent) }

func (s *scribbler) line(indent int, text string) {
	s.out.WriteString(strings.Repeat(" ", indent) + text + "\n")
}

// children writes the children of a block collection; the first one is on the
// line at hand where inline is set.
func (s *scribbler) children(p piece, indent int, node string, inline, owns bool) {
	for i, child := range p.children {
		path := node + "/" + child.name
		last := i+1 == len(p.children)
		if i > 0 || !inline {
			if i > 0 && s.maybe(15) {
				s.out.WriteByte('\n')
			}
			if s.maybe(35) {
				s.line(indent, s.remark(above, path))
			}
			s.out.WriteString(strings.Repeat(" ", indent))
		}
		if p.list {
			s.out.WriteString("-")
		} else {
			s.out.WriteString(child.name + ":")
		}
		s.shared = false
		s.value(child, indent, path, p.list)
		switch {
		case s.shared:
		case s.maybe(10): // deeper than the node
			if len(child.children) == 0 && len(child.lines) == 0 {
				s.line(indent+2, s.remark(deeper, path))
			}
		case s.maybe(15) && (!last || owns):
			s.line(indent, s.remark(below, path))
			if !last && s.maybe(50) {
				s.out.WriteByte('\n')
			}
		case last && owns && s.maybe(10):
			s.out.WriteByte('\n')
			s.line(indent, s.remark(foot, node))
		}
	}
}

func (s *scribbler) beside(path string) string {
	if s.maybe(30) {
		return " " + s.remark(beside, path)
	}
	return ""
}

// alias writes an alias of an earlier value that is the same; false if there is none.
func (s *scribbler) alias(p piece, path string) bool {
	if !s.aliases {
		return false
	}
	same := func(other piece) bool {
		other.name = p.name
		return reflect.DeepEqual(p, other)
	}
	i := slices.IndexFunc(s.anchors, same)
	if i < 0 || !s.maybe(60) {
		return false
	}
	s.out.WriteString(fmt.Sprintf(" *a%d", i) + s.beside(path) + "\n")
	return true
}

// value writes what is after a dash or a colon.
func (s *scribbler) value(p piece, indent int, path string, isItem bool) {
	if s.alias(p, path) {
		return
	}
	anchored := s.aliases && !p.open && s.maybe(20)
	if anchored {
		s.out.WriteString(fmt.Sprintf(" &a%d", len(s.anchors)))
		s.anchors = append(s.anchors, p)
	}
	switch {
	case p.quoted:
		pad := `\n\` + "\n" + strings.Repeat(" ", indent+2)
		s.out.WriteString(` "` + strings.Join(p.lines, pad) + `\n"` + s.beside(path) + "\n")
	case len(p.lines) > 0:
		s.out.WriteString(" |" + s.beside(path) + "\n")
		for _, line := range p.lines {
			s.line(indent+2, line)
		}
	case len(p.children) == 0:
		s.out.WriteString(" " + p.text + s.beside(path) + "\n")
	case !p.open && !p.hasLines() && s.maybe(25):
		s.out.WriteString(" " + p.compact() + s.beside(path) + "\n")
	case !p.open && !p.hasLines() && s.maybe(15):
		s.flowLines(p, indent, path)
	case isItem && !p.list && !anchored:
		s.out.WriteString(" ")
		s.children(p, indent+2, path, true, true)
	case p.list && s.maybe(20): // at the column of the key
		s.out.WriteString(s.beside(path) + "\n")
		s.children(p, indent, path, false, false)
		s.shared = true
	default:
		s.out.WriteString(s.beside(path) + "\n")
		s.children(p, indent+2, path, false, true)
	}
}

// flowLines writes a collection in brackets, each child on a line of its own.
func (s *scribbler) flowLines(p piece, indent int, path string) {
	open, shut := "{", "}"
	if p.list {
		open, shut = "[", "]"
	}
	s.out.WriteString(" " + open + "\n")
	for i, child := range p.children {
		of := path + "/" + child.name
		if s.maybe(35) {
			s.line(indent+2, s.remark(above, of))
		}
		text := child.compact()
		if !p.list {
			text = child.name + ": " + text
		}
		if i+1 < len(p.children) || s.maybe(50) {
			text += ","
		}
		s.line(indent+2, text+s.beside(of))
	}
	s.line(indent, shut)
}

func (p piece) hasLines() bool {
	return len(p.lines) > 0 || slices.ContainsFunc(p.children, piece.hasLines)
}

func (p piece) compact() string {
	if len(p.children) == 0 {
		return p.text
	}
	var parts []string
	for _, child := range p.children {
		if p.list {
			parts = append(parts, child.compact())
		} else {
			parts = append(parts, child.name+": "+child.compact())
		}
	}
	if p.list {
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func scalar(name, text string) piece               { return piece{name: name, text: text} }
func mapping(name string, children ...piece) piece { return piece{name: name, children: children} }
func listed(name string, children ...piece) piece {
	return piece{name: name, list: true, children: children}
}
func (p piece) opened() piece { p.open = true; return p }

const shellID = "devcloud2018.codeci_action_20017.action"

func (s *scribbler) step(name string) piece {
	command := scalar("command", "make "+name)
	if s.maybe(40) {
		command = piece{name: "command", lines: []string{"make " + name, "# no comment", "make test"}, quoted: s.maybe(20)}
	}
	if s.maybe(50) {
		return mapping(name, mapping("sh", scalar("name", name), scalar("image", "i-"+name), mapping("inputs", command)))
	}
	properties := []piece{command, scalar("image", "i-"+name)}
	if s.maybe(50) {
		properties = append(properties, scalar("other", "o-"+name))
	}
	return mapping(name, scalar("module_id", shellID), scalar("name", name), mapping("properties", properties...))
}

func (s *scribbler) parameter(name string) piece {
	if s.maybe(20) {
		option := mapping("x"+name, scalar("name", "x"+name), scalar("disable", s.OneOf("'1'", "true")))
		return mapping(name, scalar("name", name), listed("options", scalar("d"+name, "d"+name), option), scalar("description", "about "+name))
	}
	return mapping(name, scalar("name", name), scalar("default", "d"+name), scalar("description", "about "+name))
}

func (s *scribbler) job(name string) piece {
	fields := []piece{scalar("name", name)}
	may := func(p piece) {
		if s.maybe(50) {
			fields = append(fields, p)
		}
	}
	may(mapping("labels", scalar("team", "shop"), scalar("tier", "one")))
	fields = append(fields, scalar("arch", "arm"))
	may(scalar("flavor", "2u8g"))
	may(scalar("host_type", "devcloud"))
	may(scalar("group_id", "g"))
	may(listed("scms", mapping("u", scalar("scm_type", "codehub"), scalar("url", "u"), scalar("branch", "master"))))
	var parameters, steps []piece
	for i := range s.Count(3) {
		parameters = append(parameters, s.parameter(fmt.Sprintf("P%d", i)))
	}
	if len(parameters) > 0 {
		fields = append(fields, listed("parameters", parameters...))
	}
	for i := range 1 + s.Count(3) {
		steps = append(steps, s.step(fmt.Sprintf("S%d", i)))
	}
	fields = append(fields, listed("steps", steps...))
	may(scalar("timeout", "2h"))
	may(scalar(s.OneOf("on_commit", "build_if_code_updated"), "true"))
	may(mapping("extra", scalar("a_member", "va"), scalar("b_member", "vb"), mapping("c_member", scalar("deep", "d"), scalar("deeper", "e"))))
	if s.maybe(30) { // keys in another order than fmt's
		i, j := 1+s.Count(len(fields)-2), 1+s.Count(len(fields)-2)
		fields[i], fields[j] = fields[j], fields[i]
	}
	return mapping(name, fields...)
}

// file writes a file of two jobs; the job called one is to change.
func (s *scribbler) file() string {
	jobs := []piece{s.job("one"), s.job("two")}
	if s.maybe(50) {
		slices.Reverse(jobs)
	}
	root := piece{children: []piece{scalar("version", "1"), listed("jobs", jobs...).opened()}}
	if s.aliases = s.maybe(40); s.aliases && s.maybe(50) { // a place for anchors
		var shared []piece
		for _, job := range jobs {
			for _, field := range job.children {
				if field.name == "steps" || field.name == "parameters" {
					shared = append(shared, field.children...)
				}
			}
		}
		root.children = slices.Insert(root.children, 1, listed("x-shared", shared[s.Count(len(shared)-1)], shared[s.Count(len(shared)-1)]).opened())
	}
	s.children(root, 0, "", false, true)
	text := s.out.String()
	if s.maybe(15) {
		text = strings.TrimSuffix(text, "\n")
	}
	return text
}

// checkRemarks demands that each comment is where it belongs. now says what a
// node is called after an edit; a comment of a node that is gone may be gone.
func checkRemarks(t *rapid.T, remarks []remark, after string, now func(node string) string, fail func(string)) {
	t.Helper()
	nodes := linesOfNodes(t, after)
	lines := strings.Split(strings.ReplaceAll(after, "\r\n", "\n"), "\n")
	content := func(i, by int) int {
		for i += by; i >= 0 && i < len(lines); i += by {
			if text := strings.TrimSpace(lines[i]); text != "" && text[0] != '#' {
				return i
			}
		}
		return -1
	}
	for _, r := range remarks {
		at := slices.IndexFunc(lines, func(line string) bool { return strings.HasSuffix(strings.TrimRight(line, " "), r.text) })
		name := now(r.node)
		places := nodes[name]
		switch {
		case len(places) == 0 && r.node != "":
			if at >= 0 {
				fail(fmt.Sprintf("%q is about %s, which is gone, and it is still there", r.text, r.node))
			}
			continue
		case at < 0:
			fail(fmt.Sprintf("%q, about %s, now %s, is lost", r.text, r.node, name))
			continue
		}
		ok := slices.ContainsFunc(places, func(p [2]int) bool {
			switch r.kind {
			case above:
				return content(at, 1) == p[0]
			case beside:
				return at == p[0] || at == p[1]
			case below, deeper: // above a text of several lines, which would take it in
				return content(at, -1) == p[1] || p[1] > p[0] && content(at, 1) == p[0]
			}
			return content(at, -1) == p[1]
		})
		if !ok && r.node != "" {
			fail(fmt.Sprintf("%q, about %s, now %s, stands elsewhere: line %d, and the node is at %v (from 0)", r.text, r.node, name, at, places))
		}
	}
}

// linesOfNodes finds the first and last line of each node, by the names from the root.
func linesOfNodes(t *rapid.T, text string) map[string][][2]int {
	_, root, found := spec.ParseWritten("a.yaml", []byte(text))
	if found.HasErrors() {
		t.Fatalf("%v\n%s", found, text)
	}
	nodes := map[string][][2]int{}
	lineAt := func(offset int) int { return strings.Count(text[:offset], "\n") }
	var walk func(w *spec.Written, path string)
	add := func(path string, from, to *spec.Written) {
		start, end := from.Start, max(to.End, to.Value, from.Start)
		for end > start && strings.ContainsRune(" \r\n", rune(text[end-1])) {
			end--
		}
		nodes[path] = append(nodes[path], [2]int{lineAt(start), lineAt(end)})
	}
	anchors := map[string]*spec.Written{}
	resolved := func(w *spec.Written) *spec.Written {
		if w.Alias {
			return anchors[w.Text]
		}
		return w
	}
	walk = func(w *spec.Written, path string) {
		if !w.Alias && text[w.Start] == '&' {
			anchors[strings.Fields(text[w.Start+1:])[0]] = w
		}
		for i := range w.Items {
			item := w.Items[i]
			switch {
			case w.Kind == spec.SequenceNode:
				walk(item, "?") // its anchors, which its identity may need
				name := path + "/" + identityOf(item, resolved)
				add(name, item, item)
				if dash := strings.LastIndexByte(text[:item.Start], '-'); !w.Flow && dash >= 0 { // comments may be between it and the item
					nodes[name] = append(nodes[name], [2]int{lineAt(dash), nodes[name][len(nodes[name])-1][1]})
				}
				walk(item, name)
			case i%2 == 0:
				name := path + "/" + item.Text
				add(name, item, w.Items[i+1])
				walk(w.Items[i+1], name)
			}
		}
	}
	add("", root, root)
	walk(root, "")
	return nodes
}

func identityOf(item *spec.Written, resolved func(*spec.Written) *spec.Written) string {
	if item = resolved(item); item.Kind == spec.ScalarNode {
		return item.Text
	}
	for _, key := range []string{"name", "url"} {
		for i := 0; i+1 < len(item.Items); i += 2 {
			if item.Items[i].Text == key {
				return resolved(item.Items[i+1]).Text
			}
		}
	}
	if len(item.Items) > 1 && item.Kind == spec.MappingNode && resolved(item.Items[1]).Kind == spec.MappingNode {
		return identityOf(item.Items[1], resolved)
	}
	return "?"
}

// liveChange is what happened to a job live.
type liveChange struct {
	emulatortest.Draw
	body  *jsontree.Value
	names map[string]string // nodes that have another name
	said  []string
}

func (c *liveChange) say(format string, args ...any) {
	c.said = append(c.said, fmt.Sprintf(format, args...))
}

// items changes a list of steps or parameters: items come, go, move, and get another
// name or value.
func (c *liveChange) items(key string, fresh func(name string) *jsontree.Value, change ...func(v *jsontree.Value) string) {
	list := slices.Clone(c.body.Get(key).Items())
	if len(list) == 0 {
		return
	}
	touched := map[*jsontree.Value]bool{}
	for range 1 + c.Count(2) {
		i := c.Count(max(len(list)-1, 0))
		switch c.OneOf("add", "remove", "move", "change") {
		case "add":
			name := fmt.Sprintf("N%d", len(c.said))
			list = slices.Insert(list, i, fresh(name))
			touched[list[i]] = true
			c.say("%s: %s is new at %d", key, name, i)
		case "remove":
			if len(list) > 1 {
				list = slices.Delete(list, i, i+1)
				c.say("%s: %d is gone", key, i)
			}
		case "move":
			if len(list) > 1 {
				item := list[i]
				list = slices.Insert(slices.Delete(list, i, i+1), c.Count(len(list)-1), item)
				c.say("%s: %d moves", key, i)
			}
		default: // an item gets a new name or another value: with both it would be another item
			if touched[list[i]] {
				continue
			}
			list[i] = list[i].Clone()
			touched[list[i]] = true
			c.say("%s: %s", key, change[c.Count(1)](list[i]))
		}
	}
	c.body.Set(key, jsontree.Array(list...))
}

func (c *liveChange) all() {
	step := func(name string) *jsontree.Value {
		return obj("module_id", shellID, "name", name, "properties", obj("command", "new "+name, "image", "another"))
	}
	if maybe(c.Draw, 60) {
		c.items("steps", step, func(v *jsontree.Value) string {
			command := c.OneOf("one line of "+v.Str("name"), "two\nlines of "+v.Str("name")+"\n")
			v.Get("properties").Set("command", jsontree.String(command))
			return v.Str("name") + " has another command"
		}, func(v *jsontree.Value) string {
			old := v.Str("name")
			v.Set("name", jsontree.String("R"+old))
			c.renamed("/jobs/one/steps/"+old, "/jobs/one/steps/R"+old)
			return old + " is renamed"
		})
	}
	if maybe(c.Draw, 40) {
		c.items("parameters", func(name string) *jsontree.Value { return parameterValue(name, "new "+name) }, func(v *jsontree.Value) string {
			field(v, "defaultValue").Set("value", jsontree.String("another"))
			return "another default"
		}, func(v *jsontree.Value) string {
			old := field(v, "name").Str("value")
			field(v, "name").Set("value", jsontree.String("R"+old))
			c.renamed("/jobs/one/parameters/"+old, "/jobs/one/parameters/R"+old)
			return old + " is renamed"
		})
	}
	for _, key := range []string{"flavor", "host_type", "group_id", "a_member", "b_member", "new_member"} {
		switch {
		case maybe(c.Draw, 15):
			c.body.Set(key, jsontree.String("another"))
			c.say("%s is another", key)
		case maybe(c.Draw, 15) && c.body.Get(key) != nil:
			c.body.Delete(key)
			c.say("%s is gone", key)
		}
	}
	if deep := c.body.Get("c_member"); deep != nil && maybe(c.Draw, 30) {
		deep.Delete(c.OneOf("deep", "deeper"))
		if maybe(c.Draw, 50) {
			deep.Set("fresh", jsontree.String("f"))
		}
		c.say("c_member is %s", deep.Indented())
	}
	for _, step := range c.body.Get("steps").Items() {
		if properties := step.Get("properties"); properties.Get("other") != nil && maybe(c.Draw, 40) {
			value := properties.Str("other")
			properties.Delete("other")
			if maybe(c.Draw, 50) {
				properties.Set("another", jsontree.String(value))
			}
			c.say("%s: no property other, %s", step.Str("name"), properties.Str("another"))
		}
	}
}

// renamed notes a new name; a node may get several.
func (c *liveChange) renamed(old, fresh string) {
	for first, now := range c.names {
		if now == old {
			old = first
		}
	}
	c.names[old] = fresh
}

func (c *liveChange) now(node string) string {
	for old, fresh := range c.names {
		if rest, ok := strings.CutPrefix(node, old); ok && (rest == "" || rest[0] == '/') {
			return fresh + rest
		}
	}
	return node
}

func field(parameter *jsontree.Value, name string) *jsontree.Value {
	for _, f := range parameter.Get("params").Items() {
		if f.Str("name") == name {
			return f
		}
	}
	return nil
}

func parameterValue(name, value string) *jsontree.Value {
	list := jsontree.Array()
	for _, f := range [][2]string{{"name", name}, {"type", "normalparam"}, {"defaultValue", value}, {"description", "about " + value}, {"deletion", "false"},
		{"defaults", "false"}, {"staticVar", "false"}, {"sensitiveVar", "false"}} {
		list.Append(obj("name", f[0], "value", f[1]))
	}
	return obj("name", "hudson.model.StringParameterDefinition", "params", list)
}

func unchanged(node string) string { return node }

// TestCommentsFollowTheirNodes writes random commented files and lets fmt, export --force and set
// edit them: steps, parameters and keys come, go, move and get other names. Each comment stays at
// its node.
func TestCommentsFollowTheirNodes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := &scribbler{Draw: emulatortest.Draw{T: t, Short: true}}
		before := s.file()
		if s.maybe(15) {
			before = strings.ReplaceAll(before, "\n", "\r\n")
		}
		check := func(what, after string, now func(string) string) {
			checkRemarks(t, s.remarks, after, now, func(text string) {
				t.Fatalf("%s\nafter %s:\n%s\nof\n%s", text, what, after, before)
			})
		}
		check("nothing", before, unchanged)
		formatted, err := format.Source("a.yaml", []byte(before), format.Definitions)
		if err != nil {
			t.Fatalf("%v\n%s", err, before)
		}
		check("fmt", string(formatted), unchanged)
		if s.maybe(50) {
			before = string(formatted)
		}
		switch s.Count(7) {
		case 0, 1:
			setsCommented(t, s, before, check)
			return
		case 2:
			fixesCommented(t, before, check)
			return
		}
		set, result := workspaceOf(t, before)
		i := slices.IndexFunc(result.Jobs, func(j *compile.Job) bool { return j.Name == "one" })
		change := &liveChange{Draw: s.Draw, body: result.Jobs[i].Body().Clone(), names: map[string]string{}}
		change.all()
		files, _, err := export.New(export.Options{}).Update(set, result.Jobs[i], liveOf(result.Jobs[i], change.body), compile.Options{})
		if err != nil {
			t.Fatalf("%v\n%v\n%s\n%s", err, change.said, before, change.body.Indented())
		}
		if len(files) > 0 {
			check(fmt.Sprint("export --force: ", change.said), string(files[0].Text), change.now)
			_, after := workspaceOf(t, string(files[0].Text))
			for k, job := range result.Jobs {
				if k != i && !jsontree.Equal(job.Body(), after.Jobs[k].Body()) {
					t.Fatalf("the edit of one changes %s\n%s\nof\n%s", job.Name, files[0].Text, before)
				}
			}
		}
	})
}

// fixesCommented lets lint --fix edit the file.
func fixesCommented(t *rapid.T, before string, check func(what, after string, now func(string) string)) {
	tree := spec.MapTree{spec.WorkspaceFile: "version: 1\ndefinitions: [jobs.yaml]\nprojects: {shop: " + projectID + "}\ndefault_project: shop\n", "jobs.yaml": before}
	for range 3 {
		text, _ := lint.Fix("jobs.yaml", []byte(tree["jobs.yaml"]), lint.Check(tree, "", lint.Options{}), lint.AllFixes)
		tree["jobs.yaml"] = string(text)
		nodes := linesOfNodes(t, string(text))
		check("lint --fix", string(text), func(node string) string {
			if now := strings.Replace(node, "/build_if_code_updated", "/on_commit", 1); len(nodes[now]) > 0 {
				return now
			}
			return node
		})
	}
}

func liveOf(job *compile.Job, body *jsontree.Value) *diff.LiveJob {
	live := liveJob(body)
	live.Item.Disabled = job.Enabled != nil && !*job.Enabled
	return live
}

// setsCommented lets set, its siblings and the renames edit the file.
func setsCommented(t *rapid.T, s *scribbler, before string, check func(what, after string, now func(string) string)) {
	loaded, found := compile.Load(spec.MapTree{spec.WorkspaceFile: "version: 1\ndefinitions: [jobs.yaml]\nprojects: {shop: " + projectID + "}\ndefault_project: shop\n", "jobs.yaml": before}, "", compile.Options{Keep: true})
	if found.HasErrors() {
		t.Fatalf("%v\n%s", found, before)
	}
	r := bulk.Request{Selects: func(o *bulk.Object) bool { return o.Name == "one" }}
	op := s.OneOf("set", "delete", "append", "parameter", "job")
	var result *bulk.Result
	var err error
	now := unchanged
	switch op {
	case "set", "delete":
		path := s.OneOf("flavor", "steps[S0].command", "steps[S1].image", "timeout", "extra.a_member", "labels.team", "parameters[P1]", "steps[S1]", "parameters[P0]", "steps[S0]", "labels", "scms", "extra.c_member.deep")
		op += " " + path
		r.Path, err = valuepath.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		r.Value, r.Delete = s.OneOf("another", `"two\nlines\n"`, "3h"), strings.HasPrefix(op, "delete")
		result, err = bulk.Set(loaded, r)
	case "append":
		result, err = bulk.AppendStep(loaded, r, []byte("- sh: {name: New, inputs: {command: ls}}\n"), s.OneOf("", "S0", "S1"))
	case "parameter":
		result, err = bulk.RenameParameter(loaded, r, "P0", "Q")
		now = func(node string) string {
			return strings.Replace(node, "/jobs/one/parameters/P0", "/jobs/one/parameters/Q", 1)
		}
	default:
		result, err = bulk.RenameJob(loaded, r, "one", "uno")
		now = func(node string) string { return strings.Replace(node, "/jobs/one", "/jobs/uno", 1) }
	}
	if err != nil || len(result.Files) == 0 {
		return // refused, or nothing to do
	}
	check(op, string(result.Files["jobs.yaml"]), now)
}

// TestMovedStepsBesideANewKey swaps the steps live where the job also gets a key
// that the file has not: the comments go with their steps all the same.
func TestMovedStepsBesideANewKey(t *testing.T) {
	t.Parallel()
	step := func(name string) *jsontree.Value {
		return obj("module_id", shellID, "name", name, "properties", obj("command", "echo "+name))
	}
	const head = "version: 1\njobs:\n  - name: one\n    arch: arm\n    steps:\n"
	const a = "      # about A\n      - sh: {name: A, inputs: {command: echo A}} # beside A\n"
	const b = "      # about B\n      - sh: {name: B, inputs: {command: echo B}}\n"
	for _, key := range []string{"host_type", "group_id", "flavor"} {
		body := obj("job_name", "one", "arch", "arm", key, "x", "steps", jsontree.Array(step("B"), step("A")))
		set, result := workspaceOf(t, head+a+b)
		files, _, err := export.New(export.Options{}).Update(set, result.Jobs[0], liveJob(body), compile.Options{})
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: %d files, %v", key, len(files), err)
		}
		if text := string(files[0].Text); !strings.Contains(text, b+a) || !strings.Contains(text, "    "+key+": x\n") {
			t.Errorf("%s:\n%s", key, text)
		}
	}
}
