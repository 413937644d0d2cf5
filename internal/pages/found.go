package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// foundValue is a row of a query's result.
type foundValue struct {
	Job    string          `json:"job"`
	Path   string          `json:"path,omitempty"`
	Value  *jsontree.Value `json:"value,omitempty"`
	File   string          `json:"file,omitempty"`
	Line   int             `json:"line,omitempty"`
	Column int             `json:"column,omitempty"`
}

// Answer is the result of a query.
type Answer struct {
	rows []foundValue
	jobs int
	by   string // source, value, or "" for single values
}

// AnswerOf makes the result of a query over a workspace.
func AnswerOf(w *workspace.Workspace, found []bulk.Found, by string) *Answer {
	a := &Answer{rows: []foundValue{}, by: by}
	jobs := map[string]bool{}
	for _, f := range found {
		row := foundValue{Job: f.Job, Path: f.Path, Value: f.Value}
		if f.At.File != "" {
			row.File, row.Line, row.Column = w.Shown(f.At.File), f.At.Line, f.At.Column
		}
		jobs[f.Job] = true
		a.rows = append(a.rows, row)
	}
	a.jobs = len(jobs)
	return a
}

// Files lists the files that say the values.
func (a *Answer) Files() []string {
	var files []string
	for _, row := range a.rows {
		if row.File != "" {
			files = append(files, row.File)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// Reply returns the result as a document and as text.
func (a *Answer) Reply() screen.Reply {
	doc := map[string]any{"format_version": "1.0", "jobs": a.jobs}
	if a.by == "" {
		doc["values"] = a.rows
		return screen.Reply{Doc: doc, Text: func(out *screen.Paper) { writeFound(out, a.rows, a.jobs) }}
	}
	groups := groupFound(a.rows, a.by)
	doc["groups"] = groups
	return screen.Reply{Doc: doc, Text: func(out *screen.Paper) { writeGroups(out, groups, a.by, a.jobs) }}
}

func writeFound(out *screen.Paper, rows []foundValue, jobs int) {
	if len(rows) == 0 {
		out.WriteString("No job matches.\n")
		return
	}
	t := screen.NewTable("JOB", "PATH", "VALUE", "PLACE").Cutting("VALUE").Whole("JOB", "PATH", "PLACE")
	for _, row := range rows {
		shown, place := "", ""
		if row.Value != nil {
			shown = inWords(row.Value)
		}
		if row.File != "" {
			place = fmt.Sprintf("%s:%d", row.File, row.Line)
		}
		t.Add(row.Job, row.Path, shown, place)
	}
	t.WriteTo(out)
	fmt.Fprintf(out, "\n%s.\n", sanitize.Counted(jobs, "job"))
}

// foundGroup has the values with one source, or equal values.
type foundGroup struct {
	File  string   `json:"file,omitempty"`
	Line  int      `json:"line,omitempty"`
	Value string   `json:"value,omitempty"`
	Count int      `json:"jobs"`
	Jobs  []string `json:"names"`
}

// groupFound counts jobs by source or by value, the largest group first.
func groupFound(rows []foundValue, by string) []foundGroup {
	groups := []foundGroup{}
	type place struct {
		group int
		job   string
	}
	index, seen := map[string]int{}, map[place]bool{}
	for _, row := range rows {
		g, key := foundGroup{}, ""
		if row.Value != nil {
			g.Value = inWords(row.Value)
		}
		if key = g.Value; by == "source" {
			g.File, g.Line = row.File, row.Line
			key = fmt.Sprintf("%s:%d:%d", row.File, row.Line, row.Column)
		}
		i, known := index[key]
		if !known {
			i, index[key] = len(groups), len(groups)
			groups = append(groups, g)
		}
		if groups[i].Value != g.Value {
			groups[i].Value = "(several)"
		}
		if counted := (place{i, row.Job}); !seen[counted] {
			seen[counted] = true
			groups[i].Jobs = append(groups[i].Jobs, row.Job)
			groups[i].Count++
		}
	}
	slices.SortStableFunc(groups, func(a, b foundGroup) int { return cmp.Compare(b.Count, a.Count) })
	return groups
}

func writeGroups(out *screen.Paper, groups []foundGroup, by string, jobs int) {
	if len(groups) == 0 {
		out.WriteString("No job matches.\n")
		return
	}
	t := screen.NewTable("PLACE", "JOBS", "VALUE", "NAMES").Cutting("NAMES", "VALUE")
	for _, g := range groups {
		place, names := "", strings.Join(g.Jobs[:min(3, len(g.Jobs))], ", ")
		if len(g.Jobs) > 3 {
			names += ", …"
		}
		if g.File != "" {
			place = fmt.Sprintf("%s:%d", g.File, g.Line)
		}
		t.Add(place, fmt.Sprint(g.Count), g.Value, names)
	}
	t.WriteTo(out)
	what := "place"
	if by == "value" {
		what = "value"
	}
	fmt.Fprintf(out, "\n%s, %s.\n", sanitize.Counted(jobs, "job"), sanitize.Counted(len(groups), what))
}

// inWords returns a value as people read it.
func inWords(v *jsontree.Value) string {
	if v.Kind() == jsontree.KindString {
		return strconv.Quote(v.Text())
	}
	return string(v.AppendJSON(nil))
}
