// Package completion finds the candidates for a word of the command line, and has the completion
// scripts of the shells.
package completion

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Asked parses a request for completion: the words between the program's name and the completion
// flag.
func Asked(args []string) (words []string, ok bool) {
	if len(args) < 2 || args[len(args)-1] != Flag {
		return nil, false
	}
	return args[1 : len(args)-1], true
}

// completer looks for words with the variables of a console.
type completer struct{ *kit.Console }

// candidate is a possible word with its meaning.
type candidate = kit.Choice

// Reader parses the words of a command line after the program's name.
type Reader func(words []string) kit.Line

// Complete prints the candidates for the last word: none if the shell should offer files.
func Complete(p *kit.Console, read Reader, words []string) {
	last := ""
	if len(words) > 0 {
		last, words = words[len(words)-1], words[:len(words)-1]
	}
	line := read(words)
	before := "" // of the value, in a word such as --env=pr
	if name, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(name, "-") && !line.Open {
		if asked := read(append(slices.Clone(words), name)); asked.Open {
			line, before, last = asked, name+"=", value
		}
	}
	for _, c := range (&completer{p}).candidates(read, &line, last) {
		if strings.HasPrefix(c.Word, last) {
			_, _ = fmt.Fprintf(p.Stdout, "%s%s\t%s\n", before, c.Word, sanitize.Line(c.About, 200))
		}
	}
}

func (p *completer) candidates(read Reader, line *kit.Line, last string) []candidate {
	switch {
	case line.Open:
		return p.valueCandidates(line)
	case line.Ended:
		return nil
	case strings.HasPrefix(last, "-"):
		return line.FlagChoices()
	case len(line.Commands) > 0:
		return line.CommandChoices()
	}
	return p.argumentCandidates(read, line)
}

// valueCandidates returns the values of the flag at the end of the line.
func (p *completer) valueCandidates(line *kit.Line) []candidate {
	name, usage := line.OpenFlag()
	switch name {
	case "env":
		return p.workspaceCandidates(line, environments)
	case "project":
		return p.workspaceCandidates(line, projects)
	case "only":
		return p.workspaceCandidates(line, jobs)
	case "label":
		return p.workspaceCandidates(line, labels)
	}
	return listedWords(usage)
}

// listedWords returns the words listed at the end of a flag's usage, such as "text, json, markdown
// or html"; none if there are fewer than two.
func listedWords(usage string) (out []candidate) {
	if i := strings.LastIndex(usage, ": "); i >= 0 {
		usage = usage[i+2:]
	}
	usage, _, _ = strings.Cut(usage, " (")
	list := strings.NewReplacer(", or ", ",", " or ", ",", ", ", ",").Replace(usage)
	for word := range strings.SplitSeq(list, ",") {
		if !strings.ContainsFunc(word, notOfWord) {
			out = append(out, candidate{Word: word})
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

func notOfWord(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// argumentCandidates returns a command's arguments if they are names that need no service.
func (p *completer) argumentCandidates(read Reader, line *kit.Line) (out []candidate) {
	switch command := strings.Join(line.Path, " "); command {
	case "completion":
		return listedWords("bash, zsh, fish, powershell")
	case "schema":
		for _, name := range SchemaNames() {
			out = append(out, candidate{Word: name})
		}
	case "help":
		inner := read(line.Args)
		return inner.CommandChoices()
	case "explain":
		for _, rule := range lint.Rules() {
			out = append(out, candidate{Word: rule.Name, About: rule.Summary})
		}
		return append(out, p.workspaceCandidates(line, jobs)...)
	case "vendor verify", "vendor outdated", "vendor update":
		return p.workspaceCandidates(line, sources)
	case "modules show":
		return p.workspaceCandidates(line, modules)
	default:
		if command == "compile" || line.Path[0] == "notice" || line.Path[0] == "job" && command != "job list" {
			return p.workspaceCandidates(line, jobs)
		}
	}
	return out
}

// workspaceCandidates returns names in the definitions. It ignores errors in them, which other
// commands report.
func (p *completer) workspaceCandidates(line *kit.Line, names func(*workspace.Workspace) []candidate) []candidate {
	start := line.Value("dir", "C")
	if start == "" {
		start = p.Env.Get("BUILDSYNC_DIR")
	}
	if start == "" {
		start = "."
	}
	dir, err := spec.FindWorkspace(start)
	if err != nil {
		return nil
	}
	w, err := workspace.Open(dir)
	if err != nil {
		return nil
	}
	defer w.Tree.Close()
	environment := line.Value("env")
	if environment == "" {
		environment = p.Env.Get("BUILDSYNC_ENV")
	}
	w.LoadPacked(environment, nil)
	if w.Set == nil || w.Set.Workspace == nil {
		return nil
	}
	return names(w)
}

func environments(w *workspace.Workspace) (out []candidate) {
	for _, name := range w.Set.Workspace.Environments() {
		out = append(out, candidate{Word: name})
	}
	return out
}

func projects(w *workspace.Workspace) (out []candidate) {
	for alias, project := range w.Set.Workspace.Projects {
		out = append(out, candidate{Word: alias, About: project.ID})
	}
	slices.SortFunc(out, func(a, b candidate) int { return strings.Compare(a.Word, b.Word) })
	return out
}

func sources(w *workspace.Workspace) (out []candidate) {
	for _, source := range w.Set.Workspace.Sources {
		out = append(out, candidate{Word: source.Name, About: sanitize.Addresses(source.Git)})
	}
	return out
}

func jobs(w *workspace.Workspace) (out []candidate) {
	if w.Result == nil {
		return nil
	}
	for _, job := range w.Result.Jobs {
		out = append(out, candidate{Word: job.Name, About: job.DefinedAt().String()})
	}
	return out
}

// labels returns the --label conditions that jobs satisfy, with the number of jobs.
func labels(w *workspace.Workspace) (out []candidate) {
	if w.Result == nil {
		return nil
	}
	counts := map[string]int{}
	for _, job := range w.Result.Jobs {
		for _, text := range job.LabelTexts() {
			counts[text]++
		}
	}
	for _, text := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, candidate{Word: text, About: sanitize.Counted(counts[text], "job")})
	}
	return out
}

func modules(w *workspace.Workspace) (out []candidate) {
	if w.Catalogue == nil {
		return nil
	}
	for _, module := range w.Catalogue.Modules() {
		for _, action := range module.Actions {
			out = append(out, candidate{Word: action.Word, About: module.Name})
		}
	}
	return out
}
