package lint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/buildsync/buildsync/pkg/spec"
)

// alwaysSet are variables that the shell or the service sets in every build.
var alwaysSet = []string{"HOME", "PWD", "OLDPWD", "WORKSPACE", "RANDOM", "UID", "EUID", "PPID", "SECONDS", "LINENO", "HOSTNAME", "BASH", "BASH_VERSION"}

// systemFolders are the folders at the root of every image.
var systemFolders = []string{"bin", "boot", "dev", "etc", "home", "lib", "lib64", "opt", "root", "run", "sbin", "sys", "usr", "var"}

// removal reports rm -r of something that may be everything.
func (p *pass) removal(s *script, call *syntax.CallExpr) {
	c := unwrap(call)
	if !removesFolders(c) {
		return
	}
	for _, word := range c.args {
		start, end := offsets(word)
		if what := everything(word.Lit()); what != "" {
			p.report("shell-safety", s.at(start, end), s.pointer, "rm -r of "+quoted(word.Lit())+" removes "+what, "name the folder")
			continue
		}
		shown := quoted(strings.ReplaceAll(s.text[start:end], `"`, "")) // one pair of quotes is enough
		name := ""
		if e := firstExpansion(word); e != nil && !s.names.neverEmpty(e) {
			name = rootWhenEmpty(word)
		}
		if name != "" {
			p.report("shell-safety", s.at(start, end), s.pointer, "rm -r of "+shown+" removes "+name+" when the value is empty", `make it fail when empty: "${DIR:?}"`)
			continue
		}
		open := func(part syntax.WordPart) bool { return isExpansion(part) && !s.names.neverEmpty(part) }
		if !slices.ContainsFunc(word.Parts, open) || s.names.isTemporary(word) {
			continue
		}
		d := p.report("shell-safety", s.at(start, end), s.pointer, "rm -r of "+shown+", which is not quoted: a blank or an empty value removes something else",
			`quote it, and make it fail when empty: "${DIR:?}"`)
		if _, ok := word.Parts[0].(*syntax.ParamExp); ok && len(word.Parts) == 1 {
			d.Fixes = s.edit(start, end, `"`+s.text[start:end]+`"`, "quote it")
		}
	}
}

// everything returns what rm -r of a text removes if that is all: of the machine, or of the user.
func everything(text string) string {
	switch rest := strings.TrimRight(text, "/"); {
	case text != "" && rest == "", rest == "/*":
		return "everything"
	case rest == "~", rest == "~/*":
		return "the home folder"
	}
	return ""
}

// removesFolders reports whether c is rm -r.
func removesFolders(c command) bool {
	return c.program == "rm" && slices.ContainsFunc(c.args, func(w *syntax.Word) bool {
		text := w.Lit()
		return text == "--recursive" || strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.ContainsAny(text, "rR")
	})
}

// firstExpansion returns the expansion that a word begins with, in quotes or
// not; nil if it begins with a text.
func firstExpansion(w *syntax.Word) syntax.WordPart {
	for _, part := range w.Parts {
		if quoted, ok := part.(*syntax.DblQuoted); ok {
			if len(quoted.Parts) == 0 {
				continue
			}
			part = quoted.Parts[0]
		}
		switch part.(type) {
		case *syntax.ParamExp, *syntax.CmdSubst:
			return part
		}
		return nil
	}
	return nil
}

// neverEmpty reports whether an expansion is certainly not empty: a variable of every build, one
// that the script has set to a literal, or one that fails when empty.
func (n *shellNames) neverEmpty(part syntax.WordPart) bool {
	e, ok := part.(*syntax.ParamExp)
	if !ok || e.Param == nil {
		return false
	}
	if e.Exp != nil {
		switch e.Exp.Op {
		case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
			return true
		case syntax.DefaultUnsetOrNull, syntax.AssignUnsetOrNull:
			return e.Exp.Word != nil && leadingText(e.Exp.Word) != ""
		}
		return false
	}
	if slices.Contains(alwaysSet, e.Param.Value) {
		return true
	}
	start, _ := offsets(e)
	return n.text[e.Param.Value] && n.set[e.Param.Value].start < start
}

// isTemporary reports whether a word is one variable that only mktemp sets: the path has no blank,
// and without a value rm removes nothing.
func (n *shellNames) isTemporary(w *syntax.Word) bool {
	name := onlyVariable(w)
	if name == "" {
		return false
	}
	found := false
	for _, a := range n.assignments {
		if a.name != name {
			continue
		}
		if a.value == nil || !isMktemp(a.value) {
			return false
		}
		found = true
	}
	return found
}

// isMktemp reports whether a value is the output of mktemp alone.
func isMktemp(w *syntax.Word) bool {
	parts := unquotedWord(w).Parts
	if len(parts) != 1 {
		return false
	}
	sub, ok := parts[0].(*syntax.CmdSubst)
	if !ok || len(sub.Stmts) != 1 {
		return false
	}
	call, ok := sub.Stmts[0].Cmd.(*syntax.CallExpr)
	return ok && unwrap(call).program == "mktemp"
}

// rootWhenEmpty returns what a word means if the expansion at its beginning is empty: "/" or a
// system folder; "" if that is harmless.
func rootWhenEmpty(w *syntax.Word) string {
	rest := ""
	first := true
	ok := true
	var add func(parts []syntax.WordPart)
	add = func(parts []syntax.WordPart) {
		for _, part := range parts {
			switch e := part.(type) {
			case *syntax.Lit:
				rest += e.Value
			case *syntax.SglQuoted:
				rest += e.Value
			case *syntax.DblQuoted:
				add(e.Parts)
				continue
			case *syntax.ParamExp, *syntax.CmdSubst:
				ok = ok && first
			default:
				ok = false
			}
			first = false
		}
	}
	add(w.Parts)
	if !ok || !strings.HasPrefix(rest, "/") {
		return ""
	}
	rest = strings.TrimRight(strings.TrimLeft(rest, "/"), "/*.") // /.* as well
	switch {
	case rest == "":
		return `"/"`
	case slices.Contains(systemFolders, rest):
		return quoted("/" + rest)
	}
	return ""
}

// unsafeFolder reports cd X followed by rm -r of a relative path, in a script that continues after
// failures: if cd fails, rm empties another folder.
func (p *pass) unsafeFolder(s *script, stmts []*syntax.Stmt) {
	if s.stops {
		return
	}
	var moved *syntax.CallExpr
	for _, stmt := range stmts {
		call, ok := stmt.Cmd.(*syntax.CallExpr)
		if !ok {
			continue
		}
		switch c := unwrap(call); {
		case (c.program == "cd" || c.program == "pushd") && len(c.args) > 0 && c.args[0].Lit() != "/":
			moved = call
		case c.program == "cd" || c.program == "pushd" || c.program == "popd":
			moved = nil
		case moved != nil && emptiesFolder(c):
			start, end := offsets(call)
			from, to := offsets(moved)
			d := p.report("shell-safety", s.at(start, end), s.pointer, "when "+quoted(s.text[from:to])+" fails, this removes the files of another folder", "write "+unwrap(moved).program+" … || exit 1, or start the script with set -e")
			d.Related = []spec.Related{{Range: s.at(from, to), Message: "the folder is chosen here"}}
			return
		}
	}
}

// emptiesFolder reports whether c removes the files of the current folder, whichever that is.
func emptiesFolder(c command) bool {
	switch c.program {
	case "git": // git clean -xfd
		return len(c.args) > 1 && c.args[0].Lit() == "clean" && slices.ContainsFunc(c.args[1:], func(w *syntax.Word) bool {
			text := w.Lit()
			return text == "--force" || strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.Contains(text, "f")
		})
	case "find": // find . -delete
		return len(c.args) == 2 && isRelativeGlob(c.args[0]) && c.args[1].Lit() == "-delete"
	}
	return removesFolders(c) && slices.ContainsFunc(c.args, isRelativeGlob)
}

// isRelativeGlob reports whether rm would remove files of the current folder, whichever that is.
func isRelativeGlob(w *syntax.Word) bool {
	text := w.Lit()
	return text != "" && text[0] != '/' && text[0] != '-' && text[0] != '~' && (strings.ContainsAny(text, "*?") || text == "." || text == "./")
}

func isExpansion(part syntax.WordPart) bool {
	switch e := part.(type) {
	case *syntax.ParamExp:
		return e.Exp == nil || e.Exp.Op != syntax.ErrorUnset && e.Exp.Op != syntax.ErrorUnsetOrNull
	case *syntax.CmdSubst:
		return true
	}
	return false
}
