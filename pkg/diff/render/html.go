package render

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	_ "embed"

	"github.com/buildsync/buildsync/pkg/diff"
)

//go:embed page.html.tmpl
var pageSource string

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageSource))
})

// HTMLOptions choose the layout of a page.
type HTMLOptions struct {
	NoGroup bool // list each of the changes that have one cause
}

// HTML writes a plan as one self-contained file without scripts, fonts or links. Filtering and
// folding use style sheets only, so the page can forbid scripts.
func HTML(w io.Writer, plan *diff.Plan, options HTMLOptions) error {
	if Unread(plan) {
		plan = withoutChanges(plan)
	}
	doc := outlineOf(plan, options.NoGroup)
	data := pageData{
		Title: titleOf(plan), Revisions: revisionsOf(plan), Summary: answerOf(plan, &doc),
		OnlyAPart: onlyAPart, Parts: partsOf(plan), Needs: needLines(plan),
		PlanID: planIDOf(plan), Endpoint: name(plan.Endpoint), Tool: name(plan.ToolVersion),
	}
	for _, r := range doc.refusals(plan, 0) {
		data.Refusals = append(data.Refusals, pageRefusal{name(r.Rule), sanitizeMessage(r.Message)})
	}
	counts := map[string]int{}
	for i := range doc.changes {
		c := pageChangeOf(&doc.changes[i])
		c.Open = c.Open || len(doc.changes) <= fewChanges
		counts[c.Filter] += max(1, len(c.Members))
		data.Changes = append(data.Changes, c)
	}
	for _, word := range filterWords() {
		if n := counts[word]; n > 0 {
			data.Filters = append(data.Filters, pageFilter{word, n})
		}
	}
	return page().Execute(w, data)
}

// fewChanges is how many changes a page may have to show them all unfolded.
const fewChanges = 12

type pageData struct {
	Title, Revisions, Summary, PlanID, Endpoint, Tool string
	OnlyAPart                                         string
	Parts, Needs                                      []string
	Refusals                                          []pageRefusal
	Filters                                           []pageFilter
	Changes                                           []pageChange
}

type pageRefusal struct{ Rule, Message string }

// pageFilter is a word by which changes are shown or hidden.
type pageFilter struct {
	Name  string
	Count int
}

// filterWord returns the word of the summary for a change: what is done to the object. What needs a
// look, and what nothing is done to, has the word of its verdict.
func filterWord(c *changeView) string {
	switch c.verdict {
	case diff.VerdictChange, diff.VerdictCreate, diff.VerdictRemove:
		if action := mostSerious(c.actions); action != "" {
			return string(action)
		}
	}
	return string(c.verdict)
}

// filterWords lists all words in the order of the summary.
func filterWords() []string {
	var words []string
	for _, action := range actions {
		words = append(words, string(action))
	}
	for _, v := range verdicts {
		if !slices.Contains(words, string(v)) {
			words = append(words, string(v))
		}
	}
	return words
}

type pageChange struct {
	Mark, Title, Note, Right, Verdict string
	Filter                            string
	Open                              bool
	Plain                             bool // there is nothing to unfold
	Fields                            []pageField
	Undeclared                        []string
	Unchanged, LastEdit               string
	Touched                           string // the first paths, for a change that is folded
	Members                           []pageMember
}

// pageMember is a job of a group. At is where its change is defined, if each has its own place.
type pageMember struct{ Name, At string }

type pageField struct {
	Mark, Path, Place, Note, Stat string
	Verdict                       string
	Before, After                 string
	Values                        string     // in one sentence instead of two values
	Sides                         []pageSide // of an edit outside: what each side says
	Rows                          []pageRow
	Item, ItemClass               string
	Created                       string // the value of a new object's field
}

// pageSide is the value of a field on one side: base, live or definitions.
type pageSide struct{ Name, Class, Value string }

// pageRow is one row of a script's two sides.
type pageRow struct {
	Gap                   bool // lines in between are left out
	LeftNo, RightNo       string
	LeftClass, RightClass string
	Left, Right           string
	LeftOpen, RightOpen   bool // the script ends here without a line break
}

func pageChangeOf(c *changeView) pageChange {
	out := pageChange{
		Mark: c.mark, Title: c.title, Note: c.note, Right: strings.ReplaceAll(c.aside(), "   ", " · "), Verdict: string(c.verdict),
		Open: c.weight >= weightDrift, Undeclared: c.undeclared, Unchanged: c.unchanged, LastEdit: c.lastEdit,
		Filter: filterWord(c),
	}
	out.Plain = len(c.fields) == 0 && len(c.undeclared) == 0 && c.unchanged == "" && c.lastEdit == ""
	for i := range c.fields {
		out.Fields = append(out.Fields, pageFieldOf(&c.fields[i]))
	}
	for _, m := range c.members {
		at := ""
		if c.place == "" {
			at = strings.Join(m.places, " · ")
		}
		out.Members = append(out.Members, pageMember{m.name, at})
	}
	out.Touched = touchedBy(c.fields)
	return out
}

// mostTouched is how many paths a folded change shows.
const mostTouched = 2

// touchedBy names the first fields of a change, so that a folded one says what it is about.
func touchedBy(fields []fieldView) string {
	var paths []string
	for i := range fields[:min(mostTouched, len(fields))] {
		paths = append(paths, fields[i].path)
	}
	text := strings.Join(paths, ", ")
	if more := len(fields) - mostTouched; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func pageFieldOf(f *fieldView) pageField {
	out := pageField{Mark: strings.TrimSpace(f.mark), Path: f.path, Place: f.place, Verdict: string(f.verdict), Note: strings.TrimSpace(f.verdictNote())}
	switch {
	case f.diff != nil:
		out.Stat = f.stat()
		for i, h := range f.diff.hunks {
			if i > 0 {
				out.Rows = append(out.Rows, pageRow{Gap: true})
			}
			out.Rows = append(out.Rows, sideBySide(h)...)
		}
	case len(f.item) > 0:
		out.Item, out.ItemClass = strings.Join(f.item, "\n"), "del"
		if f.before == absent {
			out.ItemClass = "ins"
		}
	case f.hidden:
		out.Values, out.Note = f.values(pageValueLimit), ""
	case f.verdict == diff.VerdictDrift || f.verdict == diff.VerdictConflict || f.verdict == diff.VerdictRemoveEdited:
		out.Sides, out.Note = sidesOf(f), sidesNote(f)
	case f.verdict == diff.VerdictCreate:
		out.Created = pair{f.after, f.after}.shorten(pageValueLimit).after
	default:
		p := pair{f.before, f.after}.shorten(pageValueLimit)
		out.Before, out.After = p.before, p.after
	}
	return out
}

// sidesOf lists the value on each side of a field that was edited outside.
func sidesOf(f *fieldView) []pageSide {
	p := pair{f.before, f.after}.shorten(pageValueLimit)
	live, head := pageSide{"live", "del", p.before}, pageSide{"definitions", "ins", p.after}
	base := pageSide{"base", "", pair{f.base, f.before}.shorten(pageValueLimit).before}
	switch f.verdict {
	case diff.VerdictConflict:
		return []pageSide{base, live, head}
	case diff.VerdictRemoveEdited:
		return []pageSide{base, live}
	}
	return []pageSide{live, head}
}

func sidesNote(f *fieldView) string {
	switch f.verdict {
	case diff.VerdictConflict:
		return "conflict: both differ from the base"
	case diff.VerdictRemoveEdited:
		return "edited outside"
	}
	return strings.ReplaceAll("drift"+f.setBack(), "  ", " ")
}

// pageValueLimit caps one value of the page, in characters.
const pageValueLimit = 2000

// sideBySide puts the old lines of a hunk beside the new ones that replace them.
func sideBySide(h hunk) []pageRow {
	lines := shownLines(h)
	var rows []pageRow
	for i := 0; i < len(lines); {
		if lines[i].kind == ' ' {
			rows = append(rows, pageRow{
				LeftNo: fmt.Sprint(h.lines[i].a), RightNo: fmt.Sprint(h.lines[i].b), Left: lines[i].text, Right: lines[i].text,
				LeftOpen: lines[i].open, RightOpen: lines[i].open,
			})
			i++
			continue
		}
		removed := i
		for i < len(lines) && lines[i].kind == '-' {
			i++
		}
		added := i
		for i < len(lines) && lines[i].kind == '+' {
			i++
		}
		for k := range max(added-removed, i-added) {
			var row pageRow
			if l := removed + k; l < added {
				row.LeftNo, row.Left, row.LeftClass, row.LeftOpen = fmt.Sprint(h.lines[l].a), lines[l].text, "del", lines[l].open
			}
			if r := added + k; r < i {
				row.RightNo, row.Right, row.RightClass, row.RightOpen = fmt.Sprint(h.lines[r].b), lines[r].text, "ins", lines[r].open
			}
			rows = append(rows, row)
		}
	}
	return rows
}
