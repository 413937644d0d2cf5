package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// document is a plan prepared for people: everything that text, Markdown and HTML show, each text
// safe for one line, without markup.
type document struct {
	changes []changeView
	column  int // the widest left side, in columns
	noGroup bool
}

// refusals returns those of a plan as they are shown; named is how many objects one that
// is about many names, 0 for all.
func (d *document) refusals(plan *diff.Plan, named int) []diff.Refusal {
	if d.noGroup {
		return plan.Refusals
	}
	return foldRefusals(plan.Refusals, named)
}

// changeView is one object as it is shown.
type changeView struct {
	mark       string // one of + ~ - ± ! =
	title      string // job order-service-build
	note       string // (disable), exists, not managed
	right      string // file:line, removed in …
	owners     []string
	paint      string
	weight     weight
	fields     []fieldView
	undeclared []string
	unchanged  string
	edited     *diff.LastEdit
	lastEdit   string
	address    string
	verdict    diff.Verdict
	actions    []diff.Action
	name       string
	job        bool
	members    []member // of a group: the jobs that get this change
	place      string   // of a group whose fields are all defined there
}

// weight ranks changes by importance, for leaving out the least important.
type weight uint8

const (
	weightQuiet   weight = iota // nothing is done
	weightChange                // created, updated, replaced
	weightDrift                 // edited outside
	weightRemoval               // removed, refused: never left out
)

func (c *changeView) left() string {
	left := "  " + c.mark + " " + c.title
	if c.note != "" {
		left += "  (" + c.note + ")"
	}
	return left
}

// fieldView is one field as it is shown.
type fieldView struct {
	mark    string
	path    string
	place   string
	paint   string
	verdict diff.Verdict
	before  string
	after   string
	base    string
	based   bool
	diff    *scriptDiff
	item    []string // a whole item that comes or goes, by lines

	itemMark, itemPaint string // of its lines: + for what the definitions have, - for what is live

	hidden bool
	asked  bool // of drift, which writes nothing
}

// outlineOf prepares a plan. It groups changes with one cause unless noGroup is set.
func outlineOf(plan *diff.Plan, noGroup bool) document {
	doc := document{changes: objectsOf(plan), noGroup: noGroup}
	if !noGroup {
		doc.changes = grouped(doc.changes)
	}
	for _, view := range doc.changes {
		doc.widen(view.left())
		for _, f := range view.fields {
			doc.widen("    " + f.mark + " " + f.path)
		}
	}
	return doc
}

func (d *document) widen(left string) { d.column = max(d.column, cells.StringWidth(left)) }

func viewOf(c *diff.Change) changeView {
	v := changeView{title: string(c.Kind) + " " + name(c.Name), address: name(c.Address), verdict: c.Verdict, actions: c.Actions, name: name(c.Name), job: c.Kind != diff.KindTemplate}
	v.mark, v.paint, v.weight = markOf(c)
	v.note = noteOf(c)
	v.right = place(c)
	if c.Owner != "" {
		v.owners = []string{name(c.Owner)}
	}
	for _, f := range slices.Concat(c.Fields, c.Contents) {
		v.fields = append(v.fields, viewOfField(f))
	}
	for _, u := range c.Undeclared {
		value := short(u.Value)
		if u.Sensitive {
			value = hidden
		}
		v.undeclared = append(v.undeclared, "kept: "+name(u.Path)+" = "+(pair{value, value}).shorten(nameLimit).after)
	}
	for _, e := range c.Equalities {
		v.undeclared = append(v.undeclared, "equal: "+name(e.Path)+" by rule "+name(e.Rule))
	}
	if c.LastEdit != nil {
		v.edited, v.lastEdit = c.LastEdit, lastEdit(c.LastEdit, time.UTC)
	}
	if len(c.Fields) > 0 && c.Unchanged > 0 {
		v.unchanged = fmt.Sprintf("(%s unchanged)", sanitize.Counted(c.Unchanged, "field"))
	}
	return v
}

// in shows the times of d as those of a zone.
func (d *document) in(zone *time.Location) {
	for i := range d.changes {
		if edit := d.changes[i].edited; edit != nil {
			d.changes[i].lastEdit = lastEdit(edit, zone)
		}
	}
}

// lastEdit says who edited last, and when.
func lastEdit(e *diff.LastEdit, zone *time.Location) string {
	text := "last edit: " + name(e.User)
	if !e.Time.IsZero() {
		text += ", " + e.Time.In(zone).Format(time.RFC3339)
	}
	return text
}

func has(c *diff.Change, action diff.Action) bool { return slices.Contains(c.Actions, action) }

// markOf returns the sign, the colour and the weight of an object.
func markOf(c *diff.Change) (mark, paint string, w weight) {
	switch {
	case c.Verdict == diff.VerdictRemove && len(c.Actions) == 0:
		return "=", plain, weightRemoval
	case c.Verdict == diff.VerdictRemove || c.Verdict == diff.VerdictRemoveEdited || has(c, diff.ActionDelete):
		return "-", red, weightRemoval
	case c.Verdict == diff.VerdictConflict || c.Verdict == diff.VerdictCollision || c.Verdict == diff.VerdictUnknown:
		return "!", red, weightRemoval
	case has(c, diff.ActionCreate):
		return "+", green, weightChange
	case has(c, diff.ActionReplace):
		return "±", yellow, weightChange
	case has(c, diff.ActionDisable):
		return "~", yellow, weightRemoval
	case isDrift(c):
		return "~", yellow, weightDrift
	case len(c.Actions) > 0:
		return "~", yellow, weightChange
	}
	return "=", plain, weightQuiet
}

// isDrift reports whether an object was edited or deleted outside.
func isDrift(c *diff.Change) bool {
	return c.Verdict == diff.VerdictDrift || slices.ContainsFunc(c.Fields, func(f diff.Field) bool { return f.Verdict == diff.VerdictDrift })
}

// noteOf returns the note beside an object's name.
func noteOf(c *diff.Change) string {
	var parts []string
	for _, action := range c.Actions {
		if action != diff.ActionCreate && action != diff.ActionUpdate {
			parts = append(parts, string(action))
		}
	}
	switch c.Verdict {
	case diff.VerdictConflict, diff.VerdictCollision, diff.VerdictUnknown, diff.VerdictAdopt:
		parts = append(parts, string(c.Verdict))
	case diff.VerdictRemoveEdited:
		parts = append(parts, "edited outside")
	}
	return strings.Join(parts, ", ")
}

// place returns where an object is defined, with its notes.
func place(c *diff.Change) string {
	var at string
	if c.Definition != nil {
		at = filePlace(c.Definition.File, c.Definition.Line)
	}
	return joinRight(at, sanitize.Line(c.Note, nameLimit))
}

// aside returns what is shown to the right of an object's name: place, notes and owners.
func (c *changeView) aside() string {
	switch len(c.owners) {
	case 0:
		return c.right
	case 1:
		return joinRight(c.right, "owner "+c.owners[0])
	default:
		return joinRight(c.right, "owners "+sanitize.Some(c.owners, 3))
	}
}

func filePlace(file string, line int) string {
	switch {
	case file == "":
		return ""
	case line == 0:
		return name(file)
	}
	return fmt.Sprintf("%s:%d", name(file), line)
}

func viewOfField(f diff.Field) fieldView {
	v := fieldView{
		path: sanitize.Line(f.Path, messageLimit), place: filePlace(f.File, f.Line), verdict: f.Verdict,
		mark: " ", paint: plain, before: short(f.Before), after: short(f.After), base: short(f.Base),
		based: f.Base != nil, hidden: f.Sensitive,
	}
	switch {
	case f.Verdict == diff.VerdictDrift || f.Verdict == diff.VerdictConflict || f.Verdict == diff.VerdictRemoveEdited:
		v.mark, v.paint = "!", yellow
		if f.Verdict != diff.VerdictDrift {
			v.paint = red
		}
	case f.Sensitive:
		v.mark = "~"
	case f.Before == nil && f.After != nil:
		v.mark, v.paint = "+", green
	case f.After == nil:
		v.mark, v.paint = "-", red
	}
	switch {
	case f.Verdict == diff.VerdictRemoveEdited:
		v.after = absent
	case isItem(f):
		v.item, v.itemMark, v.itemPaint = itemLines(f.Before, f.After), "-", red
		if f.Before == nil {
			v.itemMark, v.itemPaint = "+", green
		}
	case isScript(f):
		before, after := scripts(f)
		d := diffScripts(before, after)
		v.diff = &d
	}
	return v
}

// itemLines writes a whole item by lines: members with their values, scripts
// line by line.
func itemLines(before, after *jsontree.Value) []string {
	v := after
	if v == nil {
		v = before
	}
	var lines []string
	for _, m := range v.Members() {
		lines = memberLines(lines, name(m.Key), m.Value)
	}
	return lines
}

func memberLines(lines []string, key string, v *jsontree.Value) []string {
	if text, ok := v.AsString(); ok && strings.Contains(text, "\n") {
		lines = append(lines, key+":")
		for _, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			lines = append(lines, "    "+strings.ReplaceAll(visible(strings.ReplaceAll(l, "\t", tabMark)), tabMark, "    "))
		}
		return lines
	}
	if rows, ok := namedValues(v); ok {
		lines = append(lines, key+":")
		for _, r := range rows {
			lines = append(lines, "  "+r)
		}
		return lines
	}
	if v.Kind() == jsontree.KindObject && v.Len() > 0 {
		lines = append(lines, key+":")
		for _, m := range v.Members() {
			for _, l := range memberLines(nil, name(m.Key), m.Value) {
				lines = append(lines, "  "+l)
			}
		}
		return lines
	}
	return append(lines, key+": "+short(v))
}

// namedValues writes a list of name and value objects, such as a parameter's params, one per line;
// ok is false for any other value.
func namedValues(v *jsontree.Value) (lines []string, ok bool) {
	for _, item := range v.Items() {
		key, named := item.Get(wire.KeyName).AsString()
		if !named || item.Get(wire.KeyValue) == nil {
			return nil, false
		}
		line := name(key) + ": " + short(item.Get(wire.KeyValue))
		for _, m := range item.Members() {
			if m.Key != "name" && m.Key != "value" && !m.Value.IsAbsentOrNull() {
				line += "  " + name(m.Key) + ": " + short(m.Value)
			}
		}
		lines = append(lines, line)
	}
	return lines, len(lines) > 0
}

// stat says how many lines of a script changed. A replaced line counts once.
func (f *fieldView) stat() string { return sanitize.Counted(f.diff.changed, "line") + " changed" }

// setBack says what apply does about an edit outside.
func (f *fieldView) setBack() string {
	if f.asked {
		return ""
	}
	return "  → will be set back"
}

// verdictNote returns the note beside the path of a field that is shown by lines.
func (f *fieldView) verdictNote() string {
	switch f.verdict {
	case diff.VerdictDrift:
		return "   drift: live (-), definitions (+)" + f.setBack()
	case diff.VerdictConflict:
		return "   conflict: live (-), definitions (+), both differ from the base"
	}
	return ""
}

// valuesIn returns values in a line of width cells: in full if they fit, else both shortened so
// that the differing parts stay.
func (f *fieldView) valuesIn(width int) string {
	if whole := f.values(width); cells.StringWidth(whole) <= width {
		return whole
	}
	return f.values(max(16, (width-8)/2))
}

// values returns a field's values on one line, each of at most room characters.
func (f *fieldView) values(room int) string {
	if f.hidden {
		switch f.verdict {
		case diff.VerdictDrift, diff.VerdictConflict:
			return string(f.verdict) + ": " + hidden
		}
		return hidden + "  written again"
	}
	p := pair{f.before, f.after}.shorten(room)
	switch f.verdict {
	case diff.VerdictDrift:
		return fmt.Sprintf("drift: live %s, definitions %s%s", p.before, p.after, f.setBack())
	case diff.VerdictConflict:
		return fmt.Sprintf("conflict: base %s, live %s, definitions %s", pair{f.base, p.after}.shorten(room).before, p.before, p.after)
	case diff.VerdictRemoveEdited:
		q := pair{f.base, f.before}.shorten(room)
		return fmt.Sprintf("edited outside: base %s, live %s", q.before, q.after)
	}
	switch {
	case f.before == absent:
		return p.after
	case f.after == absent:
		return p.before
	}
	return p.before + " → " + p.after
}
