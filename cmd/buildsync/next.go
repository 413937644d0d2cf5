package main

import (
	"regexp"
	"strings"
)

// next names the command that people type next, on stderr and only on a
// terminal: logs of a CI system have no use for it.
func (in *invocation) next(format string, args ...any) {
	if !in.on("quiet") && isTerminal(in.stderr) {
		in.printf("\nNext: "+format+"\n", args...)
	}
}

// again is a command line that asks for command where this command was: in the
// same folder, environment and project, against the same service.
func (in *invocation) again(command string) string {
	words := []string{"buildsync"}
	if dir := in.text("dir"); dir != "" && in.typed("dir") {
		words = append(words, "-C", shellWord(dir))
	}
	words = append(words, command)
	for _, name := range []string{"env", "project", "region", "endpoint", "api", "base"} {
		if value := in.text(name); value != "" && in.typed(name) {
			words = append(words, "--"+name, shellWord(value))
		}
	}
	for _, name := range []string{"only", "label", "var"} {
		if !in.typed(name) {
			continue
		}
		for _, value := range in.texts(name) {
			words = append(words, "--"+name, shellWord(value))
		}
	}
	return strings.Join(words, " ")
}

// typed reports whether a flag stands on the command line: a variable of the
// environment holds for the next command as well.
func (in *invocation) typed(name string) bool {
	if !in.set(name) {
		return false
	}
	_, fromEnvironment := in.env.lookup(variableOf(in.flags.Command.Name, name))
	return !fromEnvironment
}

var plainShellWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// shellWord writes a word as a shell reads it.
func shellWord(word string) string {
	if plainShellWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// nextAfterPlan says what comes after a plan that has been shown.
func (in *invocation) nextAfterPlan(changes bool) {
	switch {
	case !changes || in.on("offline"):
	case len(in.texts("out")) > 0:
		for _, out := range in.texts("out") {
			if file, ok := planFile(out); ok {
				in.next("%s", in.again("apply")+" "+shellWord(file))
				return
			}
		}
		fallthrough
	default:
		in.next("%s, or %s --out plan.json for review", in.again("apply"), in.again("plan"))
	}
}

// planFile returns the file of an --out that keeps the plan for apply.
func planFile(out string) (file string, ok bool) {
	if format, file, named := strings.Cut(out, "="); named {
		return file, format == "json"
	}
	return out, formatOf(out) == "json"
}

// nextAfterDrift says what comes after drift was found.
func (in *invocation) nextAfterDrift() {
	in.next("%s sets it back; to keep what was edited, change the definitions", in.again("apply"))
}
