package lint

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// command is a call without its wrappers: sudo -u ci env A=b make is the command make.
type command struct {
	program string         // the name without its folder; "" if it is not literal
	word    *syntax.Word   // that names the program
	args    []*syntax.Word // after the program
	remote  bool           // it runs on another machine or in a container
}

// options describes how a program reads its options.
type options struct {
	values     string   // letters of the short options that take a value
	long       []string // long options that take the next word as their value
	positional int      // words before the command: the time of timeout, the host of ssh
	assigns    bool     // NAME=value may stand before the command
	remote     bool
}

// wrappers are programs that run the command after them.
var wrappers = map[string]options{
	"sudo":    {values: "ugphCcrtTUDR", long: []string{"--user", "--group", "--prompt", "--host", "--chdir", "--chroot"}, assigns: true},
	"doas":    {values: "uC"},
	"env":     {values: "uC", long: []string{"--unset", "--chdir"}, assigns: true},
	"timeout": {values: "sk", long: []string{"--signal", "--kill-after"}, positional: 1},
	"nice":    {values: "n", long: []string{"--adjustment"}},
	"ionice":  {values: "cnpPu", long: []string{"--class", "--classdata"}},
	"nohup":   {}, "setsid": {}, "time": {values: "fo"}, "command": {}, "builtin": {}, "busybox": {}, "chronic": {}, "unbuffer": {}, "winpty": {},
	"exec":   {values: "a"},
	"stdbuf": {values: "ioe", long: []string{"--input", "--output", "--error"}},
	"xargs":  {values: "aEIdLnPs", long: []string{"--arg-file", "--delimiter", "--max-args", "--max-procs", "--max-lines", "--replace"}},
	"chroot": {long: []string{"--userspec", "--groups"}, positional: 1},
	"flock":  {values: "wE", long: []string{"--timeout", "--wait"}, positional: 1},
	"watch":  {values: "nd"}, "strace": {values: "oepsu"},
	"gosu": {positional: 1}, "su-exec": {positional: 1}, "faketime": {positional: 1}, "ssh-agent": {values: "at"},
	"nsenter":  {values: "tSG", long: []string{"--target", "--setuid", "--setgid"}},
	"runuser":  {values: "ugG", long: []string{"--user", "--group", "--supp-group"}},
	"xvfb-run": {values: "efnpsw", long: []string{"--error-file", "--auth-file", "--server-num", "--server-args", "--wait"}},
}

// containers are programs that run the command after their first words in a
// container or a pod: docker run [options] IMAGE COMMAND.
var containers = map[string]map[string]options{
	"docker": {
		"run":  {values: "ehvwuplmca", long: containerOptions, positional: 1, remote: true},
		"exec": {values: "ewu", long: containerOptions, positional: 1, remote: true},
	},
	"docker-compose": {
		"run":  {values: "evwupl", long: containerOptions, positional: 1, remote: true},
		"exec": {values: "ewu", long: append([]string{"--index"}, containerOptions...), positional: 1, remote: true},
	},
	"kubectl": {"exec": {values: "cnf", long: []string{"--container", "--namespace", "--context", "--kubeconfig", "--filename"}, positional: 1, remote: true}},
}

var containerOptions = []string{
	"--env", "--env-file", "--volume", "--workdir", "--user", "--publish", "--name", "--network", "--net", "--entrypoint", "--mount", "--label", "--hostname",
	"--memory", "--cpus", "--platform", "--add-host", "--cap-add", "--cap-drop", "--device", "--dns", "--ip", "--link", "--log-driver", "--log-opt", "--pull",
	"--restart", "--runtime", "--security-opt", "--shm-size", "--tmpfs", "--ulimit", "--volumes-from", "--pid", "--ipc", "--userns", "--gpus", "--detach-keys",
}

// containerGlobals are the options before the first word of container programs.
var containerGlobals = options{values: "Hlcnfp", long: []string{
	"--context", "--host", "--namespace", "--kubeconfig", "--file", "--project-name", "--project-directory", "--profile", "--env-file",
}}

// unwrap takes the wrappers off a call.
func unwrap(call *syntax.CallExpr) command {
	c := command{}
	words := call.Args
	for len(words) > 0 {
		c.word, c.args = words[0], words[1:]
		c.program = path.Base(strings.TrimPrefix(words[0].Lit(), `\`))
		if c.program == "." && words[0].Lit() != "." {
			c.program = ""
		}
		how, found := wrappers[c.program]
		if kinds := containers[containerProgram(c.program)]; kinds != nil {
			rest := skipOptions(c.args, containerGlobals)
			if len(rest) > 0 && rest[0].Lit() == "compose" {
				kinds = containers["docker-compose"]
				rest = skipOptions(rest[1:], containerGlobals)
			}
			if len(rest) == 0 {
				return c
			}
			how, found = kinds[rest[0].Lit()]
			c.args = rest[min(1, len(rest)):]
			if !found {
				c.args = words[1:]
			}
		}
		if !found || c.program == "command" && asks(c.args) || c.program == "runuser" && !names(c.args, "-u", "--user") {
			return c
		}
		rest := skipOptions(c.args, how)
		rest = rest[min(how.positional, len(rest)):]
		if how.remote && len(rest) > 0 && rest[0].Lit() == "--" {
			rest = rest[1:]
		}
		c.remote = c.remote || how.remote
		if len(rest) == 0 {
			return c // nothing is wrapped: exec >log, env, docker run IMAGE
		}
		words = rest
	}
	return c
}

// containerProgram returns the canonical name of a container program.
func containerProgram(name string) string {
	switch name {
	case "podman", "nerdctl":
		return "docker"
	case "oc":
		return "kubectl"
	}
	return name
}

// asks reports whether command only looks a program up: command -v mvn.
func asks(args []*syntax.Word) bool {
	return len(args) > 0 && (args[0].Lit() == "-v" || args[0].Lit() == "-V")
}

// names reports whether one of the words is one of the options.
func names(args []*syntax.Word, options ...string) bool {
	return slices.ContainsFunc(args, func(w *syntax.Word) bool { return slices.Contains(options, w.Lit()) })
}

// skipOptions drops leading options with their values, and assignments where
// the program takes them.
func skipOptions(args []*syntax.Word, how options) []*syntax.Word {
	for len(args) > 0 {
		text := leadingText(args[0])
		switch {
		case text == "--":
			if how.positional > 0 && !how.remote {
				return args[1:]
			}
			return args[min(1, len(args)):]
		case strings.HasPrefix(text, "--"):
			takes := !strings.Contains(text, "=") && slices.Contains(how.long, text)
			args = args[1:]
			if takes && len(args) > 0 {
				args = args[1:]
			}
		case len(text) > 1 && text[0] == '-':
			takes := len(args[0].Parts) == 1 && strings.IndexByte(how.values, text[len(text)-1]) >= 0 && !valueAttached(text, how.values)
			args = args[1:]
			if takes && len(args) > 0 {
				args = args[1:]
			}
		case how.assigns && isAssignment(text):
			args = args[1:]
		default:
			return args
		}
	}
	return args
}

// valueAttached reports whether a cluster of short options holds a value
// before its last letter, as -n5 or -I{} do.
func valueAttached(text, values string) bool {
	for i := 1; i < len(text)-1; i++ {
		if strings.IndexByte(values, text[i]) >= 0 {
			return true
		}
	}
	return false
}

func isAssignment(text string) bool {
	name, _, found := strings.Cut(text, "=")
	return found && isParamName(name) && !isDigit(name[0])
}

// leadingText returns the literal text at the start of a word.
func leadingText(w *syntax.Word) string {
	if len(w.Parts) == 0 {
		return ""
	}
	if lit, ok := w.Parts[0].(*syntax.Lit); ok {
		return lit.Value
	}
	return ""
}

// interpreter describes the options of a program that runs code.
type interpreter struct {
	code    string   // letters of the options whose value is code: -c, -e
	longs   []string // the same in words
	values  string   // letters of the options that take another value
	modules string   // letters of the options after which the input is data: python -m
	shell   bool
}

var interpreters = map[string]interpreter{
	"sh": shellCall, "bash": shellCall, "zsh": shellCall, "dash": shellCall, "ksh": shellCall, "ash": shellCall,
	"python": pythonCall, "python2": pythonCall, "python3": pythonCall,
	"perl":   {code: "eE", values: "IMm", modules: ""},
	"ruby":   {code: "e", values: "rIC"},
	"node":   {code: "ep", longs: []string{"--eval", "--print"}, values: "rC"},
	"nodejs": {code: "ep", longs: []string{"--eval", "--print"}, values: "rC"},
	"php":    {code: "rBRE", values: "dc"},
}

var (
	shellCall  = interpreter{code: "c", values: "oO", shell: true}
	pythonCall = interpreter{code: "c", values: "WXQ", modules: "m"}
)

// execution is the code that a command runs.
type execution struct {
	program string
	code    []*syntax.Word // texts that are run as code
	file    *syntax.Word   // the script file that is run
	input   bool           // its standard input is run as code
	shell   bool           // the code is for a shell
}

// runs returns the code that a command runs: the text after -c, a script, or its standard input,
// which an interpreter runs only without a program of its own.
func (c command) runs() execution {
	switch c.program {
	case "eval":
		return execution{program: "eval", code: c.args, shell: true}
	case "source", ".":
		if len(c.args) == 0 {
			return execution{}
		}
		e := execution{program: c.program, file: c.args[0], shell: true}
		e.input = isInput(c.args[0])
		return e
	case "su", "runuser", "script":
		return c.codeBehind()
	case "-c": // flock FILE -c TEXT
		return execution{program: "flock", code: c.args[:min(1, len(c.args))], shell: true}
	case "trap":
		return execution{program: "trap", code: c.args[:min(1, len(c.args))], shell: true}
	case "ssh":
		rest := skipOptions(c.args, options{values: "bcDEeFIiJLlmOopQRSWw"})
		rest = rest[min(1, len(rest)):]
		return execution{program: "ssh", code: rest, shell: true, input: startsShell(rest)}
	case "find":
		for i, arg := range c.args {
			if text := arg.Lit(); (text == "-exec" || text == "-execdir" || text == "-ok") && i+1 < len(c.args) {
				return unwrap(&syntax.CallExpr{Args: c.args[i+1:]}).runs()
			}
		}
		return execution{}
	}
	how, known := interpreters[c.program]
	if !known && strings.HasPrefix(c.program, "python3.") {
		how, known = pythonCall, true
	}
	if !known {
		return execution{}
	}
	return c.interpret(how)
}

// codeBehind returns the word after -c, --command or a cluster such as -qc as shell code. Without
// one, su and runuser start a shell, which runs its input.
func (c command) codeBehind() execution {
	for i, arg := range c.args {
		text := arg.Lit()
		cluster := len(text) > 1 && text[0] == '-' && text[1] != '-' && strings.HasSuffix(text, "c")
		if (cluster || text == "--command") && i+1 < len(c.args) {
			return execution{program: c.program, code: c.args[i+1 : i+2], shell: true}
		}
	}
	return execution{program: c.program, shell: true, input: c.program != "script"}
}

// startsShell reports whether the command that ssh runs is a shell that runs its input: none at
// all, bash, or 'bash -s'.
func startsShell(words []*syntax.Word) bool {
	var fields []string
	for _, w := range words {
		text, literal := literalText(w)
		if !literal {
			return false
		}
		fields = append(fields, strings.Fields(text)...)
	}
	if len(fields) == 0 {
		return true
	}
	how, known := interpreters[path.Base(fields[0])]
	return known && how.shell && !slices.ContainsFunc(fields[1:], func(field string) bool {
		return field[0] != '-' && !slices.Contains(fields, "-s") || strings.HasPrefix(field, "-") && strings.ContainsAny(field, "cn")
	})
}

func (c command) interpret(how interpreter) execution {
	e := execution{program: c.program, shell: how.shell}
	args := c.args
	for len(args) > 0 {
		text := leadingText(args[0])
		long := strings.HasPrefix(text, "--")
		switch {
		case how.shell && !long && len(text) > 1 && text[0] == '-' && strings.ContainsRune(text, 'n') && !strings.ContainsAny(text, how.code+how.values):
			return e // bash -n only reads
		case text == "-" || text == "-s" && how.shell || how.shell && !long && len(text) > 1 && text[0] == '-' && strings.ContainsRune(text[1:], 's') && !strings.ContainsRune(text[1:], 'c'):
			e.input = true
			return e
		case text == "--":
			args = args[1:]
			if len(args) > 0 {
				e.file, e.input = args[0], isInput(args[0])
				return e
			}
		case long && slices.Contains(how.longs, text), !long && len(text) > 1 && text[0] == '-' && strings.ContainsAny(text[1:], how.code):
			e.code = args[min(1, len(args)):min(2, len(args))]
			return e
		case !long && len(text) > 1 && text[0] == '-' && how.modules != "" && strings.ContainsAny(text[1:], how.modules):
			return e
		case !long && len(text) > 1 && (text[0] == '-' || text[0] == '+' && how.shell):
			takes := strings.IndexByte(how.values, text[len(text)-1]) >= 0
			args = args[1:]
			if takes && len(args) > 0 {
				args = args[1:]
			}
		case long:
			args = args[1:]
		default:
			e.file, e.input = args[0], isInput(args[0])
			return e
		}
	}
	e.input = true
	return e
}

// isInput reports whether a word names the standard input.
func isInput(w *syntax.Word) bool {
	switch w.Lit() {
	case "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0":
		return true
	}
	return false
}
