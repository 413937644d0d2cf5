package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// lines returns the command lines to scan, in this order. {folder} is a new folder. Other commands run
// without arguments and with a job's name.
func lines() []string {
	return []string{
		"lint",
		"lint --format json --out sarif=out/lint.sarif --out junit=out/lint.xml --out github=out/lint.github --out gitlab=out/lint.gitlab",
		"compile", "compile --format yaml", "compile --out out/bodies",
		"plan -v", "plan -v --log-format json --format json --explain --show-undeclared --stats",
		"plan --out out/plan.json --out out/plan.md --out out/plan.html --out out/plan.txt",
		"plan --offline --base HEAD -v",
		"show out/plan.json", "show --format markdown out/plan.json", "show --format html out/plan.json",
		"apply -v --log-format json --report out/created.json --stats out/plan.json",
		"apply --yes -v --write-secret all --report out/report.json --format json",
		"apply --yes --write-secret all --smoke",
		"apply --yes",
		"drift -v", "drift --format json --out out/drift.md --out out/drift.html",
		"plan --api v1 -v --show-undeclared",
		"job list -v", "job list --format json",
		"job show canary-job-a", "job show -v --format json live-unmanaged",
		"job run canary-job-a --wait", "job run --wait canary-job-a", "job run --follow canary-job-a",
		"job status canary-job-a", "job history canary-job-a", "job record canary-job-a", "job logs canary-job-a",
		"job artifacts canary-job-a", "job ratio canary-job-a", "job stop canary-job-a",
		"job disable canary-job-a", "job enable canary-job-a", "job disable --yes canary-job-a", "job enable --yes canary-job-a",
		"template list", "template show x", "notice show canary-job-a", "notice show --format json live-unmanaged",
		"keystore download x", "modules list", "modules show sh", "modules harvest",
		"explain shop/job/canary-job-a.steps", "fmt --diff",
		"export -v --verify", "export --only live-* --out exported",
		"plan --show-undeclared --base HEAD",
		"doctor -v", "doctor --format json",
		"schema plan", "completion bash", "version",
		"emulator --listen 127.0.0.1:99999",
		"init -C {folder}",
		"job delete --yes canary-job-a",
	}
}

// TestNoCanaryInAnyCommand runs every command, and searches every sink after each.
func TestNoCanaryInAnyCommand(t *testing.T) {
	t.Parallel()
	m := newMine(t)
	commands := m.commands()
	ran := map[string]bool{}
	for _, line := range lines() {
		args := strings.Fields(strings.ReplaceAll(line, "{folder}", filepath.Join(m.root, "new")))
		command := commandOf(commands, args)
		if command == "" {
			continue // not a command of this version
		}
		ran[command] = true
		if err := os.MkdirAll(filepath.Join(m.dir, "out"), 0o700); err != nil {
			t.Fatal(err)
		}
		m.clean(nil, args...)
	}
	for _, command := range commands {
		if words := strings.Fields(command); !ran[command] && command != "help" {
			m.clean(nil, words...)
			m.clean(nil, append(words, jobPrefix+"-a")...)
		}
		m.clean(nil, append([]string{"help"}, strings.Fields(command)...)...)
	}
	if n := len(m.MustTruth(t).Jobs); n == 0 {
		t.Error("no command wrote anything, so nothing was tested")
	}
}

// commands asks the program for its commands.
func (m *mine) commands() []string {
	m.t.Helper()
	var leaves []string
	var visit func(above []string)
	visit = func(above []string) {
		names := commandNames(m.run(append([]string{"help"}, above...)...).stdout)
		if len(names) == 0 {
			leaves = append(leaves, strings.Join(above, " "))
		}
		for _, name := range names {
			visit(append(above[:len(above):len(above)], name))
		}
	}
	for _, name := range commandNames(m.must(0, "help").stdout) {
		if name == "help" {
			leaves = append(leaves, name)
			continue
		}
		visit([]string{name})
	}
	if len(leaves) < 14 {
		m.t.Fatalf("only %d commands were found: %q", len(leaves), leaves)
	}
	return leaves
}

// commandNames reads the section Commands of a help text.
func commandNames(help string) []string {
	var names []string
	_, section, _ := strings.Cut(help, "\nCommands:\n")
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "   ") {
			break
		}
		names = append(names, strings.Fields(line)[0])
	}
	return names
}

func commandOf(commands, args []string) string {
	for n := min(2, len(args)); n > 0; n-- {
		if command := strings.Join(args[:n], " "); slices.Contains(commands, command) {
			return command
		}
	}
	return ""
}

// TestNoCanaryWithAnyCredentials authenticates in each possible way.
func TestNoCanaryWithAnyCredentials(t *testing.T) {
	t.Parallel()
	none := []string{"HUAWEICLOUD_SDK_AK=", "HUAWEICLOUD_SDK_SK=", "HUAWEICLOUD_SDK_SECURITY_TOKEN="}
	for name, env := range map[string][]string{
		"the provider's variables": append(none, "HW_ACCESS_KEY="+canaryKey, "HW_SECRET_KEY="+canarySecret, "HW_SECURITY_TOKEN="+canarySTS),
		"a token":                  append(none, "BUILDSYNC_TOKEN={token}"),
		"an IAM user": append(none, "HW_USER_NAME="+emulator.DefaultUser, "HW_USER_PASSWORD="+canaryPassword,
			"HW_DOMAIN_NAME="+emulator.DefaultDomain, "HW_PROJECT_NAME="+emulator.DefaultRegion),
		"half a key":       {"HUAWEICLOUD_SDK_AK="},
		"a wrong key":      {"HUAWEICLOUD_SDK_AK=OTHER"},
		"a broken proxy":   {"HTTPS_PROXY=http://dev:" + canaryProxy + "@host:port:9/%zz", "BUILDSYNC_ENDPOINT=https://build.invalid"},
		"a dead proxy":     {"BUILDSYNC_ENDPOINT=https://build.invalid"},
		"a broken token":   append(none, "BUILDSYNC_TOKEN="+canaryPassword+"\n"+canarySecret),
		"a wrong user":     append(none, "HW_USER_NAME=nobody", "HW_USER_PASSWORD="+canaryPassword, "HW_DOMAIN_NAME=d", "HW_PROJECT_NAME=p"),
		"a key in the URL": {"BUILDSYNC_ENDPOINT=http://" + canaryKey + ":" + canarySecret + "@127.0.0.1:9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMine(t)
			token, err := m.Token(0)
			if err != nil {
				t.Fatal(err)
			}
			m.trap.forms = append(m.trap.forms, newTrap([]canary{{name: "token", value: token}}).forms...)
			env := slices.Clone(env)
			for i := range env {
				env[i] = strings.ReplaceAll(env[i], "{token}", token)
			}
			for _, line := range []string{"doctor -v", "plan -v --log-format json", "job show -v live-unmanaged"} {
				m.clean(env, append(strings.Fields(line), "--timeout", "20s")[:]...)
			}
		})
	}
}

// TestNoCanaryInAnErrorOfTheService checks answers that repeat every secret of the service, in each
// encoding, in every place that has room for text.
func TestNoCanaryInAnErrorOfTheService(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"ListJobs", "QueryJob", "QueryNotice", "UpdateJob", "UpdateNotice"} {
		for name, fault := range echoes(op) {
			if !long && (name == "inside" || name == "busy" || op == "QueryNotice") {
				continue // refusal and QueryJob handle these too
			}
			t.Run(op+"/"+name, func(t *testing.T) {
				t.Parallel()
				m := newMine(t)
				m.seedManaged()
				fault.Op, fault.Times = op, -1
				m.MustFail(t, fault)
				for _, line := range []string{
					"apply --yes -v --report out/report.json --write-secret all --timeout 2s",
					"plan -v --out out/plan.json --out out/plan.md --timeout 2s", "drift --format json --timeout 2s",
					"export --verify --timeout 2s", "job list --timeout 2s", "job show --timeout 2s live-unmanaged", "doctor --timeout 2s",
				} {
					m.write("out/.keep", "")
					m.clean(nil, strings.Fields(line)...)
				}
			})
		}
	}
}

// seedManaged creates the declared job without waiting for the service's list to settle.
func (m *mine) seedManaged() {
	m.t.Helper()
	m.must(0, "apply", "--yes")
	m.ResetCalls()
	m.write("jobs/canary.yaml", strings.Replace(canaryJobs(), "echo one", "echo two", 1))
}

// echoes returns answers with every canary that the service has seen.
func echoes(op string) map[string]emulator.Fault {
	var all bytes.Buffer
	known := append(parameterCanaries(), canary{name: "key", value: canaryKey}, canary{name: "secret", value: canarySecret})
	code := canarySTS
	switch op { // only apply reads the values in files and variables
	case "UpdateJob":
		code = canaryFile
		known = append(known, canary{name: "file", value: canaryFile})
	case "UpdateNotice":
		known = append(known, canary{name: "webhook", value: canaryHook})
	}
	for _, c := range known {
		if c.inName {
			continue
		}
		fmt.Fprintf(&all, "%s | ", c.value)
		for encoding, forms := range c.encodings() {
			if encoding != "raw" {
				fmt.Fprintf(&all, "%s | ", strings.Join(forms, " | "))
			}
		}
	}
	quoted, _ := json.Marshal(all.String()) // cannot fail for a string
	return map[string]emulator.Fault{
		"refusal":  {Kind: emulator.FaultStatus, Status: 400, Code: "CB.00060200", Message: all.String(), Commit: emulator.CommitNever},
		"busy":     {Kind: emulator.FaultStatus, Status: 500, Code: "CB.00060100", Message: all.String(), Commit: emulator.CommitNever},
		"inside":   {Kind: emulator.FaultStatus, Status: 200, Body: `{"status": "failed", "error": ` + string(quoted) + `}`, Commit: emulator.CommitNever},
		"page":     {Kind: emulator.FaultStatus, Status: 502, Body: "<html>" + all.String(), Commit: emulator.CommitNever},
		"redirect": {Kind: emulator.FaultRedirect, Status: 302, Location: "http://127.0.0.1:1/?x=" + canarySecret + "&y=" + code, Commit: emulator.CommitNever},
		"header": {Kind: emulator.FaultStatus, Status: 400, Code: code, Message: "m", Commit: emulator.CommitNever,
			Header: map[string]string{"X-Request-Id": canarySecret, "Retry-After": canaryKey, "Set-Cookie": "s=" + code}},
	}
}

// TestNoCanaryInTheArgumentsOfAnApply reads the arguments that ps shows during a write.
func TestNoCanaryInTheArgumentsOfAnApply(t *testing.T) {
	t.Parallel()
	m := newMine(t)
	seen := make(chan string, 1)
	cmd := m.command(context.Background(), nil, "apply", "--yes")
	started := make(chan struct{}) // cmd.Process is set
	m.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultPass, After: func() {
		<-started
		seen <- argumentsOf(t, cmd.Process.Pid)
	}})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	m.AllPlayed(t)
	arguments := <-seen
	if !strings.Contains(arguments, "apply") {
		t.Fatalf("the arguments are %q", arguments)
	}
	if found := m.trap.in(arguments); len(found) > 0 {
		t.Errorf("the arguments hold %v", found)
	}
}
