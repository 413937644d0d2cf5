package lint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// harmlessPrograms are commands that do not fail, or whose failure does not matter for a build:
// shell state, messages, queries.
var harmlessPrograms = []string{
	"echo", "printf", ":", "true", "set", "export", "cd", "pushd", "popd", "unset", "readonly", "declare", "local", "alias", "unalias", "trap", "shopt", "exit", "return", "break", "continue", "shift",
	"read", "mapfile", "readarray", "getopts", "let", "typeset", "hash", "enable", "jobs", "disown", "history", "times", "command",
	"sleep", "date", "env", "printenv", "pwd", "ls", "cat", "tree", "df", "du", "free", "uname", "hostname", "whoami", "id", "which", "type", "tput", "clear", "umask", "ulimit", "[", "test", "kill", "pkill", "pgrep", "ps",
	"chmod", // the program that it was for does not start
}

// printers only write what they find to their output.
var printers = []string{
	"grep", "egrep", "fgrep", "head", "tail", "sort", "uniq", "wc", "tr", "cut", "column", "nl", "diff", "cmp", "stat", "file", "basename", "dirname", "realpath", "readlink", "seq", "tac", "rev", "od", "hexdump", "xxd", "nproc", "getconf", "lscpu", "lsof", "netstat", "ss",
	"find", "awk", "jq", "yq", "perl", "sed",
}

// lookingWords are the words after a program with which it changes nothing that a build needs: it
// prints something, or configures itself. Failures show in the following commands.
var lookingWords = map[string][]string{
	"docker":         {"ps", "images", "logs", "inspect", "info", "version", "system", "stats", "top", "port", "history", "logout"},
	"docker-compose": {"ps", "logs", "images", "top", "config"},
	"git":            {"config", "log", "show", "status", "diff", "branch", "describe", "remote", "rev-parse", "ls-files"},
	"kubectl":        {"get", "describe", "logs", "version", "top", "cluster-info"},
	"helm":           {"list", "ls", "status", "history", "version", "get"},
	"npm":            {"config", "ls", "list", "view", "info", "outdated", "root", "prefix", "doctor"},
	"yarn":           {"config", "list", "info", "why", "versions"},
	"pnpm":           {"config", "list", "ls", "why", "outdated"},
	"pip":            {"config", "list", "show", "freeze", "check", "debug"},
	"conda":          {"info", "list", "config"},
	"go":             {"env", "version", "list"},
	"cargo":          {"tree"},
	"rustup":         {"show"},
	"flutter":        {"doctor", "config"},
	"dotnet":         {"--info", "--list-sdks", "--list-runtimes"},
	"composer":       {"config", "show", "diagnose"},
	"gradle":         {"--stop", "--status"},
	"ccache":         {"-s", "-z", "--show-stats", "--zero-stats"},
}

// sameProgram are other names of programs in lookingWords.
var sameProgram = map[string]string{
	"podman": "docker", "nerdctl": "docker", "oc": "kubectl", "pip3": "pip", "cnpm": "npm", "gradlew": "gradle",
}

// harmless reports whether a failure of a statement is not a reason to stop a build: a message, a
// forced removal, printing a version, a call of a function with only such statements.
func (f *failures) harmless(stmt *syntax.Stmt) bool {
	switch c := stmt.Cmd.(type) {
	case *syntax.BinaryCmd:
		return (c.Op == syntax.Pipe || c.Op == syntax.PipeAll) && f.harmless(c.X) && f.harmless(c.Y) && !writesFile(stmt)
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return true
		}
		call := unwrap(c)
		if body := f.functions[call.program]; body != nil && call.word == c.Args[0] {
			return f.nothingLostIn(body)
		}
		return isHarmless(call) || slices.Contains(printers, call.program) && !writesFile(stmt) && !changesFiles(call)
	}
	return f.nothingLostIn(stmt)
}

// nothingLostIn reports whether a list, or the body of a function, has only harmless commands. A
// recursive function does not count.
func (f *failures) nothingLostIn(body *syntax.Stmt) bool {
	if f.visited[body] {
		return false
	}
	f.visited[body] = true
	defer delete(f.visited, body)
	return len(f.of(body)) == 0
}

// writesFile reports whether the output of a statement goes to a file.
func writesFile(stmt *syntax.Stmt) bool {
	return slices.ContainsFunc(stmt.Redirs, func(r *syntax.Redirect) bool {
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.AppClob, syntax.RdrAll, syntax.AppAll:
			return r.Word == nil || r.Word.Lit() != "/dev/null"
		}
		return false
	})
}

// changesFiles reports whether a printer's options make it do more: find -exec, sed -i, perl
// programs.
func changesFiles(c command) bool {
	if c.program == "perl" {
		return len(c.args) == 0 || !strings.HasPrefix(c.args[0].Lit(), "-n")
	}
	return slices.ContainsFunc(c.args, func(w *syntax.Word) bool {
		text := w.Lit()
		switch c.program {
		case "find":
			return strings.HasPrefix(text, "-exec") || strings.HasPrefix(text, "-ok") || text == "-delete"
		case "awk", "yq", "sed":
			return strings.HasPrefix(text, "-i") || strings.HasPrefix(text, "--in-place")
		}
		return false
	})
}

// evalAssigns matches a text that sets a variable, or the positional parameters.
var evalAssigns = pattern(`^[A-Za-z_][A-Za-z0-9_]*(=|$)`)

// setsUp reports whether the text of eval sets variables: "v_$i=1", "$(ssh-agent)". If that fails,
// the following commands fail.
func setsUp(w *syntax.Word) bool {
	parts := w.Parts
	if len(parts) == 1 {
		if quoted, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = quoted.Parts
		}
	}
	if len(parts) == 0 {
		return true
	}
	switch first := parts[0].(type) {
	case *syntax.CmdSubst:
		return len(parts) == 1
	case *syntax.Lit:
		return evalAssigns().MatchString(first.Value)
	}
	return false
}

// isHarmless reports whether a failure of c does not matter, apart from its output.
func isHarmless(c command) bool {
	if slices.Contains(harmlessPrograms, c.program) {
		return true
	}
	switch c.program {
	case "exec":
		return true // it only turns the streams, or nothing follows it
	case "eval":
		return len(c.args) == 1 && setsUp(c.args[0])
	case ".", "source":
		return len(c.args) > 0 && strings.HasPrefix(c.args[0].Lit(), "/etc/")
	case "rm":
		return slices.ContainsFunc(c.args, func(w *syntax.Word) bool {
			text := w.Lit()
			return text == "--force" || strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.Contains(text, "f")
		})
	case "mkdir":
		return slices.ContainsFunc(c.args, func(w *syntax.Word) bool { return w.Lit() == "-p" || w.Lit() == "--parents" })
	}
	if len(c.args) == 0 {
		return false
	}
	first := c.args[0].Lit()
	program := c.program
	if same := sameProgram[program]; same != "" {
		program = same
	}
	if program == "docker" && first == "compose" && len(c.args) > 1 {
		program, first = "docker-compose", c.args[1].Lit()
	}
	if slices.Contains(lookingWords[program], first) {
		return true
	}
	if len(c.args) != 1 {
		return false
	}
	switch first {
	case "-v", "-V", "-version", "--version", "version":
		return true
	}
	return false
}
