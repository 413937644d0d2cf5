package format

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/buildsync/buildsync/pkg/spec"
)

// ruleCount is the number of findings of one rule and severity.
type ruleCount struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Count    int    `json:"count"`
	Files    int    `json:"files"`
	Fixable  int    `json:"fixable"` // by --fix or --fix=unsafe
}

type statistics struct {
	Version int         `json:"version"`
	Tool    jsonTool    `json:"tool"`
	Summary jsonSummary `json:"summary"`
	Rules   []ruleCount `json:"rules"`
}

// Statistics writes the number of findings of each rule as a table, the most frequent first.
func Statistics(w io.Writer, ds spec.Diagnostics, _ Options) error {
	counts := countRules(ds)
	if len(counts) == 0 {
		return nil
	}
	var out bytes.Buffer
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "COUNT\tFILES\tFIXABLE\tSEVERITY\t  RULE")
	for _, c := range counts {
		fmt.Fprintf(table, "%d\t%d\t%d\t%s\t  %s\n", c.Count, c.Files, c.Fixable, c.Severity, message(c.Rule))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// StatisticsJSON writes the same as JSON.
func StatisticsJSON(w io.Writer, ds spec.Diagnostics, opts Options) error {
	report := statistics{Version: jsonVersion, Tool: jsonTool{"buildsync", opts.Version}, Summary: summaryOf(ds), Rules: countRules(ds)}
	return writeJSON(w, report)
}

func countRules(ds spec.Diagnostics) []ruleCount {
	type key struct {
		rule     string
		severity spec.Severity
	}
	counts := map[key]*ruleCount{}
	type place struct {
		key
		file string
	}
	files := map[place]bool{}
	for i := range ds {
		d := &ds[i]
		k := key{d.Rule, d.Severity}
		c := counts[k]
		if c == nil {
			c = &ruleCount{Rule: d.Rule, Severity: d.Severity.String()}
			counts[k] = c
		}
		c.Count++
		if len(d.Fixes) > 0 {
			c.Fixable++
		}
		if at := (place{k, d.Range.Start.File}); !files[at] {
			files[at] = true
			c.Files++
		}
	}
	sorted := slices.SortedFunc(maps.Keys(counts), func(a, b key) int {
		return cmp.Or(cmp.Compare(counts[b].Count, counts[a].Count), cmp.Compare(b.severity, a.severity), cmp.Compare(a.rule, b.rule))
	})
	list := make([]ruleCount, 0, len(sorted))
	for _, k := range sorted {
		list = append(list, *counts[k])
	}
	return list
}
