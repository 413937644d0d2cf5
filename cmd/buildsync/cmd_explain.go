package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) explainCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "explain",
		Usage:     "explain a lint rule, or where a compiled value comes from",
		ArgsUsage: "[RULE | ADDRESS[.PATH]]",
		Description: about(`Prints the page of a lint rule: what it reports and why, a wrong and a right example. Or, for a
value that the definitions compile to, its way: where it is written, and the default, template,
input, matrix, variable, environment, file or catalogue entry that put it there. An address
alone lists all values of a job or template; without an argument the rules are listed. It
works offline. Paths hold brackets and quotes: put them in single quotes.

Exit codes: 0 done; 3 no such rule, object or path, or errors in the definitions.`,
			"buildsync explain image-pin",
			"buildsync explain order-service.arch",
			`buildsync explain --env prod 'order.steps["Build"].properties.command'`,
			"buildsync explain shop/job/order-service"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json", Value: "text"},
			&cli.StringSliceFlag{Name: "out", Usage: "write to `FORMAT=FILE` as well"},
		},
	}, (*invocation).explain)
}

func (in *invocation) explain() error {
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	args, err := in.Args(1)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return in.print(outputs, nil, ruleList())
	}
	if name, ok := strings.CutPrefix(args[0], policy.RulePrefix); ok {
		return in.explainPolicy(outputs, name)
	}
	if rule, known := lint.RuleByName(args[0]); known {
		return in.print(outputs, nil, rulePage(rule))
	}
	return in.explainValue(outputs, args[0])
}

func (in *invocation) explainValue(outputs []kit.Output, word string) error {
	w, err := in.open()
	if err != nil {
		if !strings.ContainsAny(word, "./") { // it may as well be meant for a rule
			if near := spec.Nearest(word, ruleNames()); near != "" {
				in.Printf("buildsync: there is no rule %q; did you mean %q?\n", word, near)
			}
		}
		return err
	}
	if p, err := valuepath.Parse(word); err == nil && (strings.HasPrefix(word, "jobs[") || strings.HasPrefix(word, "templates[")) {
		word = strings.TrimSuffix(p.Job+p.Template+"."+p.String(), ".") // as lint prints it
	}
	o, path, err := findExplainable(w, word)
	if err != nil {
		return &failure{exitInvalid, err}
	}
	values := o.values(w)
	if path == "" {
		return in.print(outputs, w.Catalogue, valueList(o.address, values))
	}
	asked, err := valuepath.Parse(path)
	if err != nil {
		return &failure{exitInvalid, err}
	}
	path = asked.String()
	below := slices.DeleteFunc(slices.Clone(values), func(v explained) bool { return !asked.Covers(valuepath.Own(v.Path)) })
	switch {
	case len(below) == 1 && asked.Matches(valuepath.Own(below[0].Path)):
		return in.print(outputs, w.Catalogue, valuePage(o.address, below[0]))
	case len(below) > 0:
		return in.print(outputs, w.Catalogue, valueList(o.address, below))
	}
	if i := wholeOf(path, values); i >= 0 {
		return in.print(outputs, w.Catalogue, valuePage(o.address, values[i]))
	}
	return &failure{exitInvalid, o.unknownPath(asked, values)}
}

// explainable is a compiled object that can be asked about.
type explainable struct {
	kind       string
	address    string
	body       *jsontree.Value
	notices    []compile.Notice
	job        *compile.Job // nil for another object
	provenance map[string]compile.Provenance
}

// findExplainable finds the object that a word is about, and the path behind its
// address or name: the longest address that fits wins, for an alias may hold
// dots.
func findExplainable(w *workspace.Workspace, word string) (o explainable, path string, err error) {
	var found []explainable
	best := ""
	var names []string
	jobs := map[string]bool{}
	consider := func(name string, candidate explainable) {
		names = append(names, name)
		rest, ok := strings.CutPrefix(word, name)
		switch {
		case !ok || rest != "" && rest[0] != '.' || len(name) < len(best):
		case len(name) == len(best) && best != "":
			found = append(found, candidate)
		default:
			found, best, path = []explainable{candidate}, name, strings.TrimPrefix(rest, ".")
		}
	}
	for _, job := range w.Result.Jobs {
		candidate := explainable{"job", job.Address, job.CreateBody(), job.Notices, job, job.Provenance}
		consider(job.Address, candidate)
		consider(job.Name, candidate)
		jobs[job.Name] = true
		if len(job.Notices) > 0 {
			consider(job.NoticeAddress(), explainable{"notification", job.NoticeAddress(), jsontree.Object(), job.Notices, nil, noticesOnly(job.Provenance)})
		}
	}
	for _, t := range w.Result.Templates {
		candidate := explainable{"template", t.Address, t.Body, nil, nil, t.Provenance}
		consider(t.Address, candidate)
		if !jobs[t.Name] { // the name is a job's first
			consider(t.Name, candidate)
		}
	}
	switch len(found) {
	case 1:
		return found[0], path, nil
	case 0:
		return o, "", unknownObject(w, word, names)
	}
	return o, "", fmt.Errorf("%q is the name of jobs in several projects: %s and %s; give the address", best, found[0].address, found[1].address)
}

// unknownObject says that a word is neither a rule nor an object.
func unknownObject(w *workspace.Workspace, word string, names []string) error {
	slash := strings.LastIndexByte(word, '/') + 1
	name, path, hasPath := strings.Cut(word[slash:], ".")
	name = word[:slash] + name
	text := fmt.Sprintf("no definition compiles to an object called %q", name)
	if slash == 0 && !hasPath {
		text = fmt.Sprintf("%q is neither a rule nor an object that the definitions compile to", word)
		names = append(names, ruleNames()...)
	}
	near := spec.Nearest(name, names)
	switch {
	case near != "" && hasPath:
		return fmt.Errorf("%s; did you mean %q?", text, near+"."+path)
	case near != "":
		return fmt.Errorf("%s; did you mean %q?", text, near)
	}
	return errors.New(text + "; `buildsync compile` prints all addresses, `buildsync explain` all rules")
}

func (o explainable) unknownPath(path valuepath.Path, values []explained) error {
	var paths []string
	for _, v := range values {
		paths = append(paths, v.Path)
	}
	text := fmt.Sprintf("the definitions of %s declare nothing at %q", o.address, path.String())
	if near := cmp.Or(path.Nearest(paths, spec.Nearest), spec.Nearest(path.String(), paths)); near != "" {
		return fmt.Errorf("%s; did you mean %q?", text, near)
	}
	return fmt.Errorf("%s; `buildsync explain %s` lists what they declare", text, o.address)
}

// noticesOnly is the provenance of a job's notifications.
func noticesOnly(all map[string]compile.Provenance) map[string]compile.Provenance {
	some := map[string]compile.Provenance{}
	for path, p := range all {
		if strings.HasPrefix(path, "notifications") {
			some[path] = p
		}
	}
	return some
}

// wholeOf is the value that a path lies in and that came as a whole, such as a
// property that is a list; -1 for none.
func wholeOf(path string, values []explained) int {
	return slices.IndexFunc(values, func(v explained) bool { return v.Value != nil && v.Value.Len() > 0 && isPart(path, v.Path) })
}
