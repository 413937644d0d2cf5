package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/completion"
)

var update = flag.Bool("update", false, "rewrite golden files and the cmp sections of scripts")

// examples is the folder of example workspaces, seen from this package.
const examples = "../../examples"

// result is what one run of the program left behind.
type result struct {
	code           int
	stdout, stderr string
}

// runWith runs the program in this process. Environment variables are NAME=VALUE.
func runWith(t testing.TB, stdin string, env []string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	code := run(context.Background(), append([]string{"buildsync"}, args...), env, strings.NewReader(stdin), &out, &errOut)
	return result{code, out.String(), errOut.String()}
}

// golden compares with a file of testdata, or rewrites it with -update.
func golden(t testing.TB, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// eachCommand calls visit with the words of every command.
func eachCommand(commands []*cli.Command, above []string, visit func(words []string, c *cli.Command)) {
	for _, c := range commands {
		words := append(above[:len(above):len(above)], c.Name)
		visit(words, c)
		eachCommand(c.Subcommands, words, visit)
	}
}

func allCommands() []*cli.Command { return (&program{}).app().Commands }

// TestHelp keeps the help of every command as a golden file, and demands of
// every command that does something an example and its exit codes.
func TestHelp(t *testing.T) {
	t.Parallel()
	got := runWith(t, "", nil, "--help")
	if got.code != exitDone || got.stderr != "" {
		t.Errorf("--help: code %d, stderr %q", got.code, got.stderr)
	}
	golden(t, "help/buildsync.txt", got.stdout)
	if bare := runWith(t, "", nil); bare.code != exitInvalid || bare.stdout != "" || !strings.Contains(bare.stderr, "\nCommands:\n   init ") {
		t.Errorf("without a command: %+v", bare)
	}
	eachCommand(allCommands(), nil, func(words []string, c *cli.Command) {
		name := strings.Join(words, " ")
		got := runWith(t, "", nil, append(words, "--help")...)
		if got.code != exitDone || got.stderr != "" {
			t.Errorf("%s --help: code %d, stderr %q", name, got.code, got.stderr)
		}
		if c.Name == "help" {
			return // the library takes it for itself, and prints the help of the whole
		}
		if _, shown, _ := strings.Cut(got.stdout, "\nExamples:\n   "); !strings.Contains(shown, "buildsync "+name) {
			t.Errorf("the help of %s has no example", name)
		}
		for line := range strings.Lines(got.stdout) {
			if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > kit.HelpWidth {
				t.Errorf("the help of %s has a line of %d cells: %s", name, width, line)
			}
		}
		golden(t, "help/"+strings.Join(words, "-")+".txt", got.stdout)
		if same := runWith(t, "", nil, append([]string{"help"}, words...)...); same != got {
			t.Errorf("help %s differs from %s --help", name, name)
		}
	})
}

// TestEveryCommandRefusesTheSameMistakes checks mistakes that urfave/cli accepts. Every command
// must refuse them.
func TestEveryCommandRefusesTheSameMistakes(t *testing.T) {
	t.Parallel()
	eachCommand(allCommands(), nil, func(words []string, c *cli.Command) {
		name := strings.Join(words, " ")
		got := runWith(t, "", nil, append(words, "--no-such-flag")...)
		if got.code != exitInvalid || got.stdout != "" || !strings.Contains(got.stderr, "has no flag --no-such-flag") {
			t.Errorf("%s --no-such-flag: %+v", name, got)
		}
		if len(c.Subcommands) > 0 {
			if got := runWith(t, "", nil, words...); got.code != exitInvalid || got.stdout != "" {
				t.Errorf("%s alone: %+v", name, got)
			}
			return
		}
		if c.Name == "help" {
			return // its arguments are a command line of their own
		}
		got = runWith(t, "", nil, append(words, "argument", "--no-such-flag", "--", "--yes")...)
		if got.code != exitInvalid || got.stdout != "" || !strings.Contains(got.stderr, "has no flag --no-such-flag") {
			t.Errorf("%s argument --no-such-flag: %+v", name, got)
		}
		got = runWith(t, "", []string{"BUILDSYNC_TIMEOUT=soon"}, words...)
		if got.code != exitInvalid || !strings.Contains(got.stderr, "BUILDSYNC_TIMEOUT") {
			t.Errorf("BUILDSYNC_TIMEOUT=soon %s: %+v", name, got)
		}
	})
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		args   []string
		env    []string
		code   int
		stdout string
		stderr string
	}{
		{name: "nothing", code: exitInvalid, stderr: "a command is missing"},
		{name: "an unknown command", args: []string{"aply"}, code: exitInvalid, stderr: `unknown command "aply"; did you mean "apply"?`},
		{name: "an unknown global flag", args: []string{"--endpiont", "x", "plan"}, code: exitInvalid, stderr: "did you mean --endpoint?"},
		{name: "an unknown flag", args: []string{"plan", "--detailed-exit-code"}, code: exitInvalid, stderr: "did you mean --detailed-exitcode?"},
		{name: "help for nothing known", args: []string{"help", "aply"}, code: exitInvalid, stderr: `did you mean "apply"?`},
		{name: "the version as a flag", args: []string{"--version"}, code: exitDone, stdout: "buildsync "},
		{name: "a global flag before the command", args: []string{"-v", "version"}, code: exitDone, stdout: "buildsync "},
		{name: "a global flag after the command", args: []string{"version", "--env", "prod"}, code: exitDone, stdout: "buildsync "},
		{name: "a command of other tools", args: []string{"validate"}, code: exitInvalid, stderr: `unknown command "validate"; did you mean "lint"?`},
		{name: "a subcommand without its group", args: []string{"logs", "order"}, code: exitInvalid, stderr: `unknown command "logs"; did you mean "job logs"?`},
		{name: "a surplus argument", args: []string{"version", "1"}, code: exitInvalid, stderr: `unexpected argument "1"`},
		{name: "a format that does not exist", args: []string{"show", "--format", "jsno", "x"}, code: exitInvalid, stderr: `--format does not take "jsno"; did you mean "json"?`},
		{name: "a flag behind an argument", args: []string{"show", "/nowhere", "--format", "jsno"}, code: exitInvalid, stderr: `did you mean "json"?`},
		{name: "a format in front of the command", args: []string{"--format", "jsno", "show", "/nowhere"}, code: exitInvalid, stderr: `did you mean "json"?`},
		{name: "a format that the command does not have", args: []string{"--format", "json", "version"}, code: exitInvalid, stderr: "version has no flag --format"},
		{name: "a format of no command", args: []string{"--format", "json"}, code: exitInvalid, stderr: "has no flag --format"},
		{name: "an argument like a flag", args: []string{"show", "--", "--format"}, code: exitInvalid, stderr: "open --format"},
		{name: "a flag without its value", args: []string{"show", "/nowhere", "--format"}, code: exitInvalid, stderr: "buildsync show: --format needs a value\n"},
		{name: "a format as a flag", args: []string{"plan", "--json"}, code: exitInvalid, stderr: "has no flag --json; did you mean --format json?"},
		{name: "a format of others as a flag", args: []string{"plan", "--sarif"}, code: exitInvalid, stderr: "buildsync plan has no flag --sarif; see "},
		{name: "a format of query as a flag", args: []string{"lint", "--files"}, code: exitInvalid, stderr: "buildsync lint has no flag --files; see "},
		{name: "a format as a flag of a command without formats", args: []string{"version", "--json"}, code: exitInvalid, stderr: "buildsync version has no flag --json; see "},
		{name: "a duration that is none", args: []string{"plan", "--timeout", "soon"}, code: exitInvalid, stderr: "buildsync plan: invalid value \"soon\" for --timeout\n"},
		{name: "a number that is none", args: []string{"plan", "--parallelism", "many"}, code: exitInvalid, stderr: "invalid value \"many\" for --parallelism\n"},
		{name: "a switch that is none", args: []string{"apply", "--yes=maybe"}, code: exitInvalid, stderr: "invalid boolean value \"maybe\" for --yes\n"},
		{name: "a flag in both its forms", args: []string{"version", "-v", "--verbose"}, code: exitInvalid, stderr: ": -v and --verbose are the same flag"},
		{name: "the same by the environment", args: []string{"show", "x"}, env: []string{"BUILDSYNC_FORMAT=jsno"}, code: exitInvalid, stderr: `did you mean "json"?`},
		{name: "a flag wins over the environment", args: []string{"show", "--format", "json", "/nowhere"}, env: []string{"BUILDSYNC_FORMAT=jsno"}, code: exitInvalid, stderr: "reading the plan"},
		{name: "a global flag wins over the environment", args: []string{"--log-format", "json", "version"}, env: []string{"BUILDSYNC_LOG_FORMAT=jsno"}, code: exitDone, stdout: "buildsync "},
		{name: "an unknown shell", args: []string{"completion", "zhs"}, code: exitInvalid, stderr: `did you mean "zsh"?`},
		{name: "an unknown schema", args: []string{"schema", "definition"}, code: exitInvalid, stderr: `did you mean "definitions"?`},
		{name: "no workspace", args: []string{"plan", "-C", "/"}, code: exitInvalid, stderr: "buildsync init"},
		{name: "a --var without a value", args: []string{"compile", "-C", examples + "/first-job", "--var", "x"}, code: exitInvalid, stderr: "NAME=VALUE"},
		{name: "a shard that does not exist", args: []string{"plan", "-C", examples + "/first-job", "--shard", "9/8"}, code: exitInvalid, stderr: "I/N"},
		{name: "changed without a base", args: []string{"plan", "-C", examples + "/first-job", "--changed"}, code: exitInvalid, stderr: "--changed needs a base"},
		{name: "a rate that is none", args: []string{"plan", "-C", examples + "/first-job", "--rate", "fast"}, code: exitInvalid, stderr: "60/min"},
		{name: "an endpoint that is none", args: []string{"plan", "-C", examples + "/first-job", "--endpoint", "host"}, code: exitInvalid, stderr: "https://HOST"},
		{name: "an unknown project", args: []string{"plan", "-C", examples + "/first-job", "--project", "dmeo"}, code: exitInvalid, stderr: `did you mean "demo"?`},
		{name: "an unknown environment", args: []string{"plan", "-C", examples + "/first-job", "--env", "prod"}, code: exitInvalid, stderr: "prod"},
		{name: "an unknown job", args: []string{"compile", "-C", examples + "/first-job", "maven-packag"}, code: exitInvalid, stderr: `did you mean "maven-package"?`},
		{name: "an emulator for everyone", args: []string{"emulator", "--listen", "0.0.0.0:0"}, code: exitInvalid, stderr: "loopback"},
		{name: "an emulator with an unknown quirk", args: []string{"emulator", "--quirks", "strange"}, code: exitInvalid, stderr: "strange"},
		{name: "an emulator with an unknown fault", args: []string{"emulator", "--fault", "CreateJob:kind=strange"}, code: exitInvalid, stderr: "strange"},
		{name: "an emulator with a negative latency", args: []string{"emulator", "--latency", "-1s"}, code: exitInvalid, stderr: "--latency"},
		{name: "an emulator with a negative rate", args: []string{"emulator", "--rate", "-1"}, code: exitInvalid, stderr: "--rate"},
		{name: "an emulator with fewer than no jobs", args: []string{"emulator", "--seed", "-1"}, code: exitInvalid, stderr: "--seed"},
		{name: "an approval that is none", args: []string{"apply", "--approve", "yes"}, code: exitInvalid, stderr: "sha256:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := runWith(t, "", tc.env, tc.args...)
			if got.code != tc.code || !strings.Contains(got.stderr, tc.stderr) || !strings.Contains(got.stdout, tc.stdout) {
				t.Errorf("%v: code %d, want %d\nstdout: %s\nstderr: %s", tc.args, got.code, tc.code, got.stdout, got.stderr)
			}
			if tc.code == exitInvalid && got.stdout != "" {
				t.Errorf("a usage error writes to stdout: %q", got.stdout)
			}
		})
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		words []string
		want  string // the first candidate
	}{
		{[]string{"ap"}, "apply\t"},
		{[]string{"plan", "--deta"}, "--detailed-exitcode\t"},
		{[]string{"plan", "--"}, "--"},
		{[]string{"--endp"}, "--endpoint\t"},
		{[]string{"plan", "--env", "prod", "--exp"}, "--explain\t"},
		{[]string{"show", "plan.json", "--fo"}, "--format\t"},
		{[]string{"--env", "plan", "ap"}, "apply\t"},
		{[]string{"job", "-q", "hist"}, "history\t"},
	} {
		got := runWith(t, "", nil, append(tc.words, completion.Flag)...)
		if got.code != exitDone || !strings.HasPrefix(got.stdout, tc.want) {
			t.Errorf("completing %q: %+v, want %q first", tc.words, got, tc.want)
		}
	}
	for _, tc := range []struct {
		words []string
		want  string // all candidates
	}{
		{[]string{"plan", "--format", ""}, "text json markdown html"},
		{[]string{"--log-format", "j"}, "json"},
		{[]string{"lint", "--fail-on", ""}, "info warning error never"},
		{[]string{"job", "logs", "--level", ""}, "INFO DEBUG"},
		{[]string{"init", "--ci", "git"}, "github gitlab"},
		{[]string{"plan", "--out", ""}, ""},
		{[]string{"plan", "--base", ""}, ""},
		{[]string{"emulator", "--fault", ""}, ""},
		{[]string{"completion", ""}, "bash zsh fish powershell"},
		{[]string{"schema", "w"}, "workspace"},
		{[]string{"help", "job", "lo"}, "logs"},
		{[]string{"explain", "image-p"}, "image-pin"},
		{[]string{"-C", examples + "/shop", "--env", ""}, "dev prod"},
		{[]string{"-C", examples + "/shop", "plan", "--project", ""}, "shop"},
		{[]string{"-C", examples + "/shop", "--env", "dev", "job", "run", "page-"}, "page-admin page-checkout page-shop"},
		{[]string{"--dir=" + examples + "/shop", "--env=prod", "explain", "dep"}, "deploy"},
		{[]string{"-C", examples + "/shop", "modules", "show", "ma"}, "maven"},
		{[]string{"-C", examples + "/none", "job", "run", ""}, ""},
		{[]string{"-C", examples + "/governed", "vendor", "update", ""}, "golden"},
		{[]string{"-C", examples + "/governed", "vendor", "verify", "go"}, "golden"},
		{[]string{"-C", examples + "/governed", "vendor", "outdated", "x"}, ""},
	} {
		got := runWith(t, "", nil, append(tc.words, completion.Flag)...)
		var words []string
		for line := range strings.Lines(got.stdout) {
			word, _, _ := strings.Cut(line, "\t")
			words = append(words, word)
		}
		if have := strings.Join(words, " "); got.code != exitDone || got.stderr != "" || have != tc.want {
			t.Errorf("completing %q: code %d, %q, want %q\n%s", tc.words, got.code, have, tc.want, got.stderr)
		}
	}
	for name, words := range map[string][]string{
		"a flag's value":   {"--env", "pl"},
		"an argument":      {"show", "pl"},
		"after two dashes": {"show", "--", "--fo"},
		"after no command": {"jbo", "li"},
	} {
		if got := runWith(t, "", nil, append(words, completion.Flag)...); got.code != exitDone || got.stdout != "" {
			t.Errorf("%s: completing %q: %+v, want nothing", name, words, got)
		}
	}
	for _, shell := range completion.Shells() {
		if got := runWith(t, "", nil, "completion", shell); got.code != exitDone || !strings.Contains(got.stdout, completion.Flag) {
			t.Errorf("completion %s: %+v", shell, got)
		}
	}
}
