package pages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Explained is one value of an object with its origins.
type Explained struct {
	Path  string          `json:"path"`
	Value *jsontree.Value `json:"value,omitempty"` // absent where parts of it have a way of their own
	Way   []station       `json:"way"`             // the last station first
}

// station is one place on a value's way.
type station struct {
	Kind   string `json:"kind"` // written, or by which way the value came
	Name   string `json:"name,omitempty"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// way converts stations, with file names relative to the caller's folder.
func way(w *workspace.Workspace, stations []compile.Station) []station {
	var way []station
	for _, s := range stations {
		kind := string(s.Kind)
		if kind == "" {
			kind = "written"
		}
		way = append(way, station{kind, s.Name, w.Shown(s.Pos.File), s.Pos.Line, s.Pos.Column})
	}
	return way
}

// wayWords describes how a value came to its place.
var wayWords = map[spec.OriginKind]string{
	spec.FromDefault:     "default of the workspace",
	spec.FromEnvironment: "environment",
	spec.FromTemplate:    "template",
	spec.FromFragment:    "fragment",
	spec.FromFamily:      "family",
	spec.FromInput:       "input",
	spec.FromMatrix:      "matrix",
	spec.FromVariable:    "variable",
	spec.FromFile:        "text of the file",
	spec.FromCatalogue:   "step-module catalogue",
	spec.FromCompiler:    "compiler",
}

func (s station) words() string {
	words, known := wayWords[spec.OriginKind(s.Kind)]
	if !known {
		words = s.Kind
	}
	return strings.TrimSpace(words + " " + s.Name)
}

func (s station) place() string {
	return spec.Pos{File: s.File, Line: s.Line, Column: s.Column}.String()
}

// valuePage shows the way of one value.
func valuePage(address string, v Explained) screen.Reply {
	return screen.Reply{
		Doc: map[string]any{"format_version": "1.0", "address": address, "values": []Explained{v}},
		Text: func(out *screen.Paper) {
			out.WriteString(sanitize.Line(address+"."+v.Path, 0) + "\n")
			switch {
			case strings.Contains(v.Value.Text(), "\n"):
				out.WriteString("\n" + indented(secret.Redact(strings.TrimSuffix(v.Value.Text(), "\n")+"\n")))
			case v.Value != nil:
				out.WriteString("= " + screen.Shown(inWords(v.Value), 1000) + "\n")
			}
			out.WriteString("\n")
			t := screen.NewTable("PLACE", "FROM")
			for _, s := range v.Way {
				t.Add(s.place(), s.words())
			}
			t.WriteTo(out)
		},
	}
}

// valueList shows all values, each with the place where it is written and its last origin.
func valueList(address string, values []Explained) screen.Reply {
	return screen.Reply{
		Doc: map[string]any{"format_version": "1.0", "address": address, "values": values},
		Text: func(out *screen.Paper) {
			out.WriteString(sanitize.Line(address, 0) + "\n\n")
			t := screen.NewTable("PATH", "VALUE", "PLACE", "FROM").Cutting("VALUE").Whole("PATH", "PLACE")
			for _, v := range values {
				if v.Value == nil && slices.ContainsFunc(values, v.holds) {
					continue // its parts are listed
				}
				from := ""
				for _, s := range v.Way[1:] {
					from = strings.TrimPrefix(from+", "+s.words(), ", ")
				}
				shown := ""
				if v.Value != nil {
					shown = inWords(v.Value) // the table cuts what does not fit
				}
				t.Add(v.Path, shown, v.Way[0].place(), from)
			}
			t.WriteTo(out)
		},
	}
}

// holds reports whether another value is part of v.
func (v Explained) holds(other Explained) bool { return isPart(other.Path, v.Path) }

func isPart(path, whole string) bool {
	return strings.HasPrefix(path, whole+".") || strings.HasPrefix(path, whole+"[")
}

// ruleDoc is a rule as a program reads it.
type ruleDoc struct {
	Name     string        `json:"name"`
	Severity string        `json:"severity"`
	Fixed    bool          `json:"fixed"`
	Summary  string        `json:"summary"`
	Why      string        `json:"why,omitempty"`
	Example  *lint.Example `json:"example,omitempty"`
}

func docOf(rule lint.Rule) ruleDoc {
	return ruleDoc{Name: rule.Name, Severity: rule.Severity.String(), Fixed: rule.Fixed, Summary: rule.Summary, Why: rule.Why}
}

// RuleList shows all rules.
func RuleList() screen.Reply {
	rules := lint.Rules()
	docs := make([]ruleDoc, 0, len(rules))
	for _, rule := range rules {
		docs = append(docs, docOf(rule))
	}
	return screen.Reply{
		Doc: map[string]any{"format_version": "1.0", "rules": docs},
		Text: func(out *screen.Paper) {
			t := screen.NewTable("RULE", "SEVERITY", "REPORTS")
			for _, rule := range rules {
				t.Add(rule.Name, rule.Severity.String(), rule.Summary)
			}
			t.WriteTo(out)
		},
	}
}

// RulePage shows one rule with its example.
func RulePage(rule lint.Rule) screen.Reply {
	doc := docOf(rule)
	example, has := lint.ExampleOf(rule.Name)
	if has {
		doc.Example = &example
	}
	return screen.Reply{
		Doc: map[string]any{"format_version": "1.0", "rules": []ruleDoc{doc}},
		Text: func(out *screen.Paper) {
			severity := rule.Severity.String()
			if rule.Fixed {
				severity += "; plan and apply do not run with it, so it can be neither lowered nor suppressed"
			}
			fmt.Fprintf(out, "%s: %s\n\nSeverity: %s\n", rule.Name, rule.Summary, severity)
			if rule.Why != "" {
				out.WriteString("\n" + rule.Why + "\n")
			}
			if has {
				command := "buildsync lint"
				if environment := lint.ExampleEnvironment(rule.Name); environment != "" {
					command += " --env " + environment
				}
				out.WriteString("\nWrong:\n" + exampleText(example.Wrong) + "\n" + command + " says:\n\n" + indented(example.Output) +
					"\nRight:\n" + exampleText(example.Right))
			}
			if !rule.Fixed {
				fmt.Fprintf(out, "\nTo accept one case, write above the line or at its end:\n\n   # buildsync:ignore %s: why it is right here\n", rule.Name)
			}
		},
	}
}

// exampleText shows files, with their names where there are several or one is
// not the usual file of definitions.
func exampleText(files []lint.ExampleFile) string {
	var out screen.Paper
	for _, file := range files {
		if file.Name != "" && (len(files) > 1 || file.Name != "jobs.yaml") {
			out.WriteString("\n" + file.Name + ":\n")
		}
		out.WriteString("\n" + indented(file.Text))
	}
	return out.String()
}

// indented indents an example. Its content is made safe to print, since some rules are about
// unprintable characters.
func indented(text string) string {
	var out screen.Paper
	for line := range strings.Lines(sanitize.Lines(text)) {
		out.WriteString("   " + line)
	}
	return out.String()
}
