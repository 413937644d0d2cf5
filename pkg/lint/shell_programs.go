package lint

import (
	"maps"
	"strings"
	"sync"
)

// program describes how a program reads its words, and which of them it runs.
type program struct {
	values     string              // letters of the short options that take a value
	attached   string              // letters of the options whose value can only follow in the same word: sed -i.bak
	long       []string            // long options that take the next word as their value
	positional int                 // words before the command or the code: the time of timeout, the host of ssh
	assigns    bool                // NAME=value may be before the command
	remote     bool                // it runs on another machine or in a container
	words      wordUse             // use of the words after the options
	until      string              // the words end here: ::: of parallel
	after      []string            // the command starts behind one of these words: -- of op run
	subs       map[string]*program // by the first word: docker run

	code     string   // letters of the options whose value is code: -c, -e
	longCode []string // other options whose value is code: --eval, -Command
	repeats  bool     // an option with code may follow another
	argsOnly bool     // behind -- are arguments, not the script: php --
	modules  string   // letters of the options after which the input is data: python -m
	inert    []string // options with which nothing is run as code: watch -x, sed --sandbox
	input    bool     // the standard input is run as code if there is no other
	language language // of the code
}

// wordUse is the use that a program makes of the words after its options.
type wordUse int

const (
	asData    wordUse = iota
	asCommand         // a command: sudo
	asCode            // code that the program joins: ssh, watch
	asProgram         // the first is code, unless an option gave code: awk, sed
	asScript          // the first is a file with code: bash
)

// language is the language of code, as messages call it.
type language string

const (
	shellCode   language = "shell code"
	otherCode   language = "code"
	sqlCode     language = "SQL"
	commandLine language = "a command"
	sedCode     language = "code of sed"
	awkCode     language = "code of awk"
)

// otherNames are names under which a program of the table is installed too.
var otherNames = map[string]string{
	"podman": "docker", "nerdctl": "docker", "oc": "kubectl", "gawk": "awk", "mawk": "awk", "nawk": "awk", "gsed": "sed", "mariadb": "mysql", "nodejs": "node", "powershell": "pwsh", "singularity": "apptainer",
	"python2": "python", "python3": "python", "dash": "sh", "zsh": "sh", "ksh": "sh", "ash": "sh", "bash": "sh", "fish": "sh", "mongosh": "mongo", "gsql": "psql", "batch": "at",
}

// programNamed returns the description of a program; nil if it runs none of its words.
func programNamed(name string) *program {
	name = strings.TrimSuffix(name, ".exe")
	switch other := otherNames[name]; {
	case other != "":
		name = other
	case strings.HasPrefix(name, "python3."):
		name = "python"
	case strings.EqualFold(name, "iex"), strings.EqualFold(name, "invoke-expression"): // PowerShell
		name = "invoke-expression"
	}
	return programs()[name]
}

// programs holds the programs that run some of their words. It is made at first use: few runs need it.
var programs = sync.OnceValue(func() map[string]*program {
	all := wrappers()
	maps.Copy(all, projectTools())
	maps.Copy(all, containers())
	maps.Copy(all, interpreters())
	maps.Copy(all, remoteShells())
	return all
})

// wrap describes a program that runs the command behind its options.
func wrap(p program) *program {
	p.words = asCommand
	return &p
}

// behind describes a program that runs the command after one of some words.
func behind(words ...string) *program { return &program{words: asCommand, after: words} }

// under describes a program that does what sub says behind one of the names.
func under(names string, sub *program) *program {
	subs := map[string]*program{}
	for name := range strings.FieldsSeq(names) {
		subs[name] = sub
	}
	return &program{subs: subs}
}

// wrappers are programs that run the command after their options.
func wrappers() map[string]*program {
	all := map[string]*program{
		"sudo":        wrap(program{values: "ugphCcrtTUDR", long: []string{"--user", "--group", "--prompt", "--host", "--chdir", "--chroot"}, assigns: true}),
		"doas":        wrap(program{values: "uC"}),
		"pkexec":      wrap(program{long: []string{"--user"}}),
		"env":         wrap(program{values: "uC", long: []string{"--unset", "--chdir"}, assigns: true, code: "S", longCode: []string{"--split-string"}, language: commandLine}),
		"timeout":     wrap(program{values: "sk", long: []string{"--signal", "--kill-after"}, positional: 1}),
		"nice":        wrap(program{values: "n", long: []string{"--adjustment"}}),
		"ionice":      wrap(program{values: "cnpPu", long: []string{"--class", "--classdata"}}),
		"time":        wrap(program{values: "fo"}),
		"exec":        wrap(program{values: "a"}),
		"stdbuf":      wrap(program{values: "ioe", long: []string{"--input", "--output", "--error"}}),
		"xargs":       wrap(program{values: "aEIdLnPs", long: []string{"--arg-file", "--delimiter", "--max-args", "--max-procs", "--max-lines", "--replace"}}),
		"chroot":      wrap(program{long: []string{"--userspec", "--groups"}, positional: 1}),
		"flock":       wrap(program{values: "wE", long: []string{"--timeout", "--wait"}, positional: 1, code: "c", longCode: []string{"--command"}, language: shellCode}),
		"strace":      wrap(program{values: "oepsu"}),
		"nsenter":     wrap(program{values: "tSG", long: []string{"--target", "--setuid", "--setgid"}}),
		"runuser":     wrap(program{values: "ugG", long: []string{"--user", "--group", "--supp-group"}}),
		"xvfb-run":    wrap(program{values: "efnpsw", long: []string{"--error-file", "--auth-file", "--server-num", "--server-args", "--wait"}}),
		"ssh-agent":   wrap(program{values: "at"}),
		"sshpass":     wrap(program{values: "pfdP"}),
		"taskset":     wrap(program{positional: 1}),
		"chrt":        wrap(program{positional: 1}),
		"numactl":     wrap(program{values: "NmiCp"}),
		"cgexec":      wrap(program{values: "g"}),
		"fakeroot":    wrap(program{values: "lisb"}),
		"proot":       wrap(program{values: "rbwqk"}),
		"unshare":     wrap(program{values: "RwSG"}),
		"screen":      wrap(program{values: "SctpsTe"}),
		"systemd-run": wrap(program{values: "puMHE", long: []string{"--property", "--unit", "--slice", "--uid", "--gid", "--setenv", "--machine", "--description", "--working-directory"}}),
		"cross-env":   wrap(program{assigns: true}),
		"xcrun":       wrap(program{long: []string{"--sdk", "-sdk"}}),
		"arch":        wrap(program{}),
		"wsl":         wrap(program{values: "du", long: []string{"--distribution", "--user"}}),
		"npx":         wrap(program{values: "p", long: []string{"--package"}, code: "c", longCode: []string{"--call"}, language: shellCode}),
		"busybox":     wrap(program{}),
		"valgrind":    wrap(program{}),
	}
	for name := range strings.FieldsSeq("nohup setsid command builtin chronic unbuffer winpty ltrace firejail caffeinate catchsegv dbus-run-session tini dumb-init entr ccache") {
		all[name] = wrap(program{})
	}
	for name := range strings.FieldsSeq("gosu su-exec faketime setpriv") {
		all[name] = wrap(program{positional: 1})
	}
	return all
}

// projectTools are programs that run a command behind a word of their own: uv run, git bisect run.
func projectTools() map[string]*program {
	all := map[string]*program{
		"direnv":    under("exec", wrap(program{positional: 1})),
		"ip":        under("netns", under("exec", wrap(program{positional: 1}))),
		"chamber":   under("exec", behind("--")),
		"op":        under("run", behind("--")),
		"doppler":   under("run", behind("--")),
		"infisical": under("run", behind("--")),
		"aws-vault": under("exec", behind("--")),
		"dotenv":    behind("--"),
		"dotenvx":   under("run", behind("--")),
		"nix":       under("develop shell run", behind("-c", "--command")),
		"nix-shell": {longCode: []string{"--run", "--command"}, language: shellCode},
		"mise":      under("exec x", behind("--")),
		"nvm":       under("exec", wrap(program{positional: 1})),
		"conda":     under("run", wrap(program{values: "np", long: []string{"--name", "--prefix", "--cwd"}})),
		"uv":        under("run", wrap(program{values: "p", long: []string{"--python", "--with", "--extra", "--group", "--project", "--directory", "--env-file", "--package"}})),
		"npm":       under("exec x", wrap(program{long: []string{"--package"}, code: "c", longCode: []string{"--call"}, language: shellCode})),
		"pnpm":      under("exec dlx", wrap(program{code: "c", language: shellCode})),
		"yarn":      under("exec dlx", wrap(program{})),
		"perf":      under("stat record", wrap(program{values: "oeF"})),
		"git": {values: "Cc", subs: map[string]*program{
			"submodule":     under("foreach", &program{words: asCode, language: shellCode}),
			"bisect":        under("run", wrap(program{})),
			"rebase":        {code: "x", longCode: []string{"--exec"}, language: shellCode},
			"filter-branch": {longCode: []string{"--tree-filter", "--index-filter", "--env-filter", "--msg-filter", "--commit-filter", "--parent-filter", "--tag-name-filter"}, language: shellCode},
		}},
	}
	for name := range strings.FieldsSeq("poetry pipenv pdm rye hatch volta") {
		all[name] = under("run", wrap(program{}))
	}
	for name := range strings.FieldsSeq("bundle rbenv pyenv asdf fnm") {
		all[name] = under("exec", wrap(program{}))
	}
	return all
}

// containers are programs that run the command after their first words in a container or a pod:
// docker run [options] IMAGE COMMAND.
func containers() map[string]*program {
	inside := func(values string, long ...string) *program {
		return &program{values: values, long: append(long, containerOptions...), positional: 1, remote: true, words: asCommand}
	}
	dashes := &program{words: asCommand, after: []string{"--"}, remote: true}
	globals := []string{"--context", "--host", "--namespace", "--kubeconfig", "--file", "--project-name", "--project-directory", "--profile", "--env-file"}
	compose := &program{values: "Hlcnfp", long: globals, subs: map[string]*program{"run": inside("evwupl"), "exec": inside("ewu", "--index")}}
	return map[string]*program{
		"docker":         {values: "Hlcnfp", long: globals, subs: map[string]*program{"run": inside("ehvwuplmca"), "exec": inside("ewu"), "compose": compose}},
		"docker-compose": compose,
		"kubectl":        {values: "Hlcnfp", long: globals, subs: map[string]*program{"exec": inside("cnf", globals...), "rsh": inside("cn", globals...), "run": dashes, "debug": dashes}},
		"crictl":         {subs: map[string]*program{"exec": inside("r")}},
		"apptainer":      {subs: map[string]*program{"exec": inside("BHW", "--bind", "--home")}},
		"buildah":        {subs: map[string]*program{"run": inside("v")}},
		"lxc":            {subs: map[string]*program{"exec": dashes}},
		"multipass":      {subs: map[string]*program{"exec": dashes}},
		"machinectl":     {subs: map[string]*program{"shell": inside("E")}},
	}
}

var containerOptions = []string{
	"--container", "--filename", "--env", "--env-file", "--volume", "--workdir", "--user", "--publish", "--name", "--network", "--net", "--entrypoint", "--mount", "--label", "--hostname",
	"--memory", "--cpus", "--platform", "--add-host", "--cap-add", "--cap-drop", "--device", "--dns", "--ip", "--link", "--log-driver", "--log-opt", "--pull",
	"--restart", "--runtime", "--security-opt", "--shm-size", "--tmpfs", "--ulimit", "--volumes-from", "--pid", "--ipc", "--userns", "--gpus", "--detach-keys",
}

// interpreters are programs that run code: the value of an option, a file, or their input.
func interpreters() map[string]*program {
	script := func(p program) *program {
		p.words, p.input = asScript, true
		if p.language == "" {
			p.language = otherCode
		}
		return &p
	}
	return map[string]*program{
		"sh":                script(program{code: "c", values: "oO", language: shellCode}),
		"python":            script(program{code: "c", values: "WXQ", modules: "m"}),
		"perl":              script(program{code: "eE", values: "IMm", attached: "iF", repeats: true}),
		"ruby":              script(program{code: "e", values: "rIC", attached: "iF", repeats: true}),
		"node":              script(program{code: "ep", longCode: []string{"--eval", "--print"}, values: "rC"}),
		"php":               script(program{code: "rBRE", values: "dc", argsOnly: true}),
		"bun":               {words: asScript, code: "ep", longCode: []string{"--eval", "--print"}, language: otherCode},
		"deno":              {subs: map[string]*program{"eval": {words: asProgram, language: otherCode}}},
		"lua":               script(program{code: "e", values: "l"}),
		"julia":             script(program{code: "eE", longCode: []string{"--eval", "--print"}}),
		"groovy":            script(program{code: "e", values: "DcPl", longCode: []string{"--e"}}),
		"elixir":            {words: asScript, code: "e", longCode: []string{"--eval"}, language: otherCode},
		"rails":             {subs: map[string]*program{"runner": {words: asProgram, language: otherCode}, "r": {words: asProgram, language: otherCode}}},
		"erl":               {longCode: []string{"-eval"}, language: otherCode},
		"Rscript":           {words: asScript, code: "e", repeats: true, language: otherCode},
		"osascript":         {words: asScript, code: "e", repeats: true, language: otherCode},
		"expect":            script(program{code: "c"}),
		"pwsh":              {words: asScript, longCode: []string{"-c", "-C", "-Command", "-command", "-CommandWithArgs"}, language: otherCode},
		"invoke-expression": {words: asCode, input: true, language: otherCode},
		"at":                {values: "fqt", input: true, language: shellCode},
		"crontab":           {values: "u", words: asScript, language: shellCode},
		"awk":               {values: "vFif", words: asProgram, code: "e", longCode: []string{"--source"}, inert: []string{"-f", "--file", "-S", "--sandbox"}, language: awkCode},
		"sed":               {values: "lf", attached: "i", words: asProgram, code: "e", longCode: []string{"--expression"}, repeats: true, inert: []string{"-f", "--file", "--sandbox"}, language: sedCode},
		"psql":              {values: "hpUdvofFPRTL", code: "c", longCode: []string{"--command"}, repeats: true, input: true, language: sqlCode},
		"mysql":             {values: "huPDSr", attached: "p", code: "e", longCode: []string{"--execute"}, input: true, language: sqlCode},
		"sqlite3":           {words: asProgram, positional: 1, long: []string{"-separator", "-cmd", "-init", "-nullvalue"}, input: true, language: sqlCode},
		"mongo":             {longCode: []string{"--eval"}, language: otherCode},
		"clickhouse-client": {code: "q", longCode: []string{"--query"}, input: true, language: sqlCode},
		"sqlcmd":            {values: "SUPdiov", code: "Qq", input: true, language: sqlCode},
		"cqlsh":             {values: "ufpk", code: "e", longCode: []string{"--execute"}, input: true, language: sqlCode},
		"influx":            {longCode: []string{"-execute"}, language: sqlCode},
	}
}

// remoteShells are programs that give their words, or the value of an option, to a shell.
func remoteShells() map[string]*program {
	joined := func(p program) *program {
		p.words, p.language = asCode, shellCode
		return &p
	}
	behindC := &program{values: "ugGsw", code: "c", longCode: []string{"--command", "--session-command"}, language: shellCode, input: true}
	window := &program{values: "sncFtxyef", words: asCode, language: shellCode}
	return map[string]*program{
		"eval":         joined(program{}),
		"trap":         {words: asProgram, language: shellCode},
		"source":       {words: asScript, language: shellCode},
		".":            {words: asScript, language: shellCode},
		"ssh":          joined(program{values: "bcDEeFIiJLlmOopQRSWw", positional: 1, input: true}),
		"watch":        joined(program{values: "nd", long: []string{"--interval"}, inert: []string{"-x", "--exec"}}),
		"parallel":     joined(program{values: "jSNnLIaC", until: ":::", long: []string{"--jobs", "--sshlogin", "--colsep", "--joblog", "--results", "--delay", "--timeout", "--retries", "--halt", "--arg-file", "--tmpdir", "--workdir"}}),
		"adb":          {values: "sHPL", subs: map[string]*program{"shell": joined(program{values: "e"}), "exec-out": joined(program{})}},
		"su":           behindC,
		"script":       {values: "IOBmot", code: "c", longCode: []string{"--command"}, language: shellCode},
		"sg":           joined(program{positional: 1, code: "c"}),
		"scl":          {subs: map[string]*program{"enable": joined(program{positional: 1})}},
		"heroku":       {subs: map[string]*program{"run": joined(program{values: "a", long: []string{"--app"}})}},
		"vagrant":      {subs: map[string]*program{"ssh": {code: "c", longCode: []string{"--command"}, language: shellCode}}},
		"gcloud":       {subs: map[string]*program{"compute": {subs: map[string]*program{"ssh": {longCode: []string{"--command"}, language: shellCode}}}}},
		"tmux":         {values: "LSf", subs: map[string]*program{"new-session": window, "new": window, "new-window": window, "neww": window, "split-window": window, "send-keys": window, "send": window}},
		"concurrently": joined(program{values: "nc", long: []string{"--names", "--prefix-colors"}}),
		"hyperfine":    joined(program{values: "wmMrsp"}),
	}
}

// injectionHint tells how a value gets into code of the language without being code.
func (l language) injectionHint() string {
	switch l {
	case sqlCode:
		return "whoever sets it chooses what the database runs: pass it as a variable of the client, or check it with a case before"
	case sedCode:
		return "whoever sets it can run commands with the e of GNU sed: check it with a case before, or use sed --sandbox"
	case awkCode:
		return `whoever sets it chooses what the build runs: pass it with -v name="$value", or check it with a case before`
	}
	return "whoever sets it chooses what the build runs: pass it as an argument, or check it with a case before"
}
