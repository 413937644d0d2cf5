package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// FoundValue is a row of a query's result.
type FoundValue struct {
	Job    string          `json:"job"`
	Path   string          `json:"path,omitempty"`
	Value  *jsontree.Value `json:"value,omitempty"`
	File   string          `json:"file,omitempty"`
	Line   int             `json:"line,omitempty"`
	Column int             `json:"column,omitempty"`

	Source spec.Pos `json:"-"` // the place that says the value; --by source and --format files use it
}

func WriteFound(out *screen.Paper, rows []FoundValue, jobs int) {
	if len(rows) == 0 {
		out.WriteString("No job matches.\n")
		return
	}
	t := screen.NewTable("JOB", "PATH", "VALUE", "PLACE").Cutting("VALUE", "PATH")
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

// FoundGroup has the values with one source, or equal values.
type FoundGroup struct {
	File  string   `json:"file,omitempty"`
	Line  int      `json:"line,omitempty"`
	Value string   `json:"value,omitempty"`
	Count int      `json:"jobs"`
	Jobs  []string `json:"names"`
}

// GroupFound counts jobs by source or by value, the largest group first.
func GroupFound(rows []FoundValue, by string, w *workspace.Workspace) (groups []FoundGroup) {
	type place struct {
		group int
		job   string
	}
	index, seen := map[string]int{}, map[place]bool{}
	for _, row := range rows {
		g, key := FoundGroup{}, ""
		if row.Value != nil {
			g.Value = inWords(row.Value)
		}
		if key = g.Value; by == "source" {
			g.File, g.Line = w.Shown(row.Source.File), row.Source.Line
			key = row.Source.String()
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
	slices.SortStableFunc(groups, func(a, b FoundGroup) int { return cmp.Compare(b.Count, a.Count) })
	return groups
}

func WriteGroups(out *screen.Paper, groups []FoundGroup, by string, jobs int) {
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

// inWords is a value as people read it.
func inWords(v *jsontree.Value) string {
	if v.Kind() == jsontree.KindString {
		return strconv.Quote(v.Text())
	}
	return string(v.AppendJSON(nil))
}
