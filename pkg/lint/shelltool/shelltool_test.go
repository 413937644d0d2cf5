package shelltool_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/shelltool"
)

// TestMain lets this program play the programs under whose names it is started.
func TestMain(m *testing.M) {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	switch name {
	case "bash":
		os.Exit(playBash())
	case "shellcheck":
		os.Exit(playShellCheck())
	}
	os.Exit(m.Run())
}

// hang tells the test that this program will not answer, and waits for its end.
func hang() {
	address, err := os.ReadFile(filepath.Join(filepath.Dir(os.Args[0]), "hangs"))
	if err != nil {
		os.Exit(9)
	}
	conn, err := net.Dial("tcp", string(address))
	if err != nil {
		os.Exit(9)
	}
	_, _ = io.Copy(io.Discard, conn)
	os.Exit(9)
}

// whenItHangs returns a bound that ends the time of a program as soon as it calls hang. So the test
// does not depend on the speed of the machine.
func whenItHangs(t *testing.T, folder string) func(context.Context) (context.Context, context.CancelFunc) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	if err := os.WriteFile(filepath.Join(folder, "hangs"), []byte(listener.Addr().String()), 0o644); err != nil {
		t.Fatal(err)
	}
	hangs := make(chan net.Conn)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			hangs <- conn
		}
	}()
	return func(parent context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(parent)
		go func() {
			select {
			case conn := <-hangs:
				cancel()
				conn.Close()
			case <-ctx.Done():
			}
		}()
		return ctx, cancel
	}
}

// playBash answers like bash. Its input tells it what to do.
func playBash() int {
	if os.Getenv("BASH_ENV") != "" || os.Getenv("SECRET") != "" {
		fmt.Println("the environment was passed on")
		return 1
	}
	if os.Args[len(os.Args)-2] == "-c" {
		version, _ := os.ReadFile(filepath.Join(filepath.Dir(os.Args[0]), "version"))
		fmt.Print(string(version))
		return 0
	}
	for _, want := range []string{"--noprofile", "--norc", "-O", "extglob", "-n"} {
		if !strings.Contains(" "+strings.Join(os.Args, " ")+" ", " "+want+" ") {
			return 1
		}
	}
	lines := bufio.NewScanner(os.Stdin)
	for n := 1; lines.Scan(); n++ {
		switch lines.Text() {
		case "[[":
			fmt.Fprintf(os.Stderr, "bash: line %d: warning: here-document\nbash: line %d: syntax error in conditional expression\n", n, n)
			return 0
		case "refuse":
			fmt.Fprintf(os.Stderr, "bash: line %d: warning: here-document\nbash: line %d: syntax error near `refuse'\nbash: line %d: `refuse'\n", n, n, n)
			return 2
		case "crash":
			fmt.Fprintln(os.Stderr, "bash: out of memory")
			return 2
		case "hang":
			hang()
		case "killed":
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill()
			}
			select {}
		case "flood":
			for {
				if _, err := io.WriteString(os.Stderr, strings.Repeat("x", 1<<20)); err != nil {
					return 1
				}
			}
		}
	}
	return 0
}

// playShellCheck finds the word BAD in each file, and says with which options it
// was started.
func playShellCheck() int {
	at := slices.Index(os.Args, "--")
	_, err := os.Stat(".shellcheckrc")
	if at < 0 || (err == nil) == slices.Contains(os.Args, "--norc") {
		return 3
	}
	var comments []string
	for _, name := range os.Args[at+1:] {
		text, err := os.ReadFile(name)
		if err != nil {
			return 2
		}
		if strings.Contains(string(text), "HANG") {
			hang()
		}
		if strings.Contains(string(text), "MEMORY") {
			fmt.Fprintln(os.Stderr, "shellcheck: heap exhausted")
			return 251
		}
		if strings.Contains(string(text), "CRASH") {
			fmt.Fprintln(os.Stderr, "shellcheck: it is broken")
			return 4
		}
		for i, line := range strings.Split(string(text), "\n") {
			if before, _, found := strings.Cut(line, "BAD"); found {
				column := utf8.RuneCountInString(before) + 1
				comments = append(comments, fmt.Sprintf(`{"file": %q, "line": %d, "endLine": %d, "column": %d, "endColumn": %d, "level": "warning", "code": 2046, "message": %q, "fix": null}`,
					name, i+1, i+1, column, column+3, strings.Join(os.Args[1:at], " ")))
			}
		}
	}
	fmt.Printf(`{"comments": [%s]}`, strings.Join(comments, ","))
	return min(1, len(comments))
}

// programs puts this program into PATH under some names, and nothing else.
func programs(t *testing.T, names ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		text, err := os.ReadFile(self)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
	return folder
}

func TestBash(t *testing.T) {
	folder := programs(t, "bash")
	if err := os.WriteFile(filepath.Join(folder, "version"), []byte("5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SECRET", "x")
	t.Setenv("BASH_ENV", "/tmp/x")
	bash := shelltool.FindBash(context.Background())
	if bash == nil {
		t.Fatal("not found")
	}
	bash.Bound(whenItHangs(t, folder))
	cases := []struct {
		script, message string
		line            int
		err             string
	}{
		{"make\n", "", 0, ""},
		{"", "", 0, ""},
		{"make\nrefuse\n", "syntax error near `refuse'", 2, ""},
		{"make\n[[\n", "syntax error in conditional expression", 2, ""},
		{"crash\n", "", 0, "no answer"},
		{"flood\n", "", 0, "bash wrote more than 16 MiB"},
		{"hang\n", "", 0, "bash took longer than 30s"},
		{"make\n", "", 0, ""},
	}
	if runtime.GOOS != "windows" {
		cases = append(cases, struct {
			script, message string
			line            int
			err             string
		}{"killed\n", "", 0, "bash ended without an answer: signal: killed"})
	}
	for _, c := range cases {
		line, message, err := bash.Refusal(c.script)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if line != c.line || message != c.message || said != c.err {
			t.Errorf("%q: line %d, %q, error %q; want line %d, %q, error %q", c.script, line, message, said, c.line, c.message, c.err)
		}
	}
	bash.Lose(2 * time.Minute)
	if _, _, err := bash.Refusal("make\n"); err == nil || err.Error() != "bash took 2m0s for other scripts without an answer" {
		t.Errorf("after two lost minutes: %v", err)
	}
}

// TestBashIdentity checks that another bash program has another identity.
func TestBashIdentity(t *testing.T) {
	programs(t, "bash")
	first := shelltool.FindBash(context.Background()).Identity()
	programs(t, "bash")
	if second := shelltool.FindBash(context.Background()).Identity(); first == second {
		t.Errorf("two programs have the identity %s", first)
	}
}

// TestOldBash does not believe a bash that is older than today's scripts.
func TestOldBash(t *testing.T) {
	folder := programs(t, "bash")
	for _, version := range []string{"3\n", "", "x"} {
		if err := os.WriteFile(filepath.Join(folder, "version"), []byte(version), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := shelltool.FindBash(context.Background()).Refusal("refuse\n"); err != lint.ErrNoAnswer {
			t.Errorf("version %q: %v", version, err)
		}
	}
}

func TestNoBash(t *testing.T) {
	programs(t)
	if bash := shelltool.FindBash(context.Background()); bash != nil {
		t.Errorf("found %s", bash.Identity())
	}
}

// TestStoppedRun gives no verdict once the run is over.
func TestStoppedRun(t *testing.T) {
	programs(t, "bash")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stopped *lint.StoppedError
	if _, _, err := shelltool.FindBash(ctx).Refusal("make\n"); err == nil || errors.As(err, &stopped) {
		t.Errorf("a stopped run gave a verdict: %v", err)
	}
}

func TestShellCheck(t *testing.T) {
	programs(t, "shellcheck")
	check := shelltool.FindShellCheck(context.Background())
	if check == nil {
		t.Fatal("not found")
	}
	const options = "--format=json1 --severity=warning"
	scripts := []string{"fine\n", "中 BAD\nBAD", "#!/bin/dash\nBAD\n", ""}
	for rc, more := range map[string]string{"": " --norc", "disable=SC1\n": ""} {
		var text []byte
		if rc != "" {
			text = []byte(rc)
		}
		found, err := check.Check(scripts, text)
		if err != nil {
			t.Fatal(err)
		}
		want := []lint.ShellCheckResult{
			{},
			{Findings: []lint.ShellCheckFinding{
				{Code: 2046, Message: options + more + " --shell=bash", Line: 1, Column: 3, EndLine: 1, EndColumn: 6},
				{Code: 2046, Message: options + more + " --shell=bash", Line: 2, Column: 1, EndLine: 2, EndColumn: 4},
			}},
			{Findings: []lint.ShellCheckFinding{{Code: 2046, Message: options + more, Line: 2, Column: 1, EndLine: 2, EndColumn: 4}}},
			{},
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("with rc %q (-want +got):\n%s", rc, diff)
		}
	}
	if _, err := check.Check([]string{"CRASH"}, nil); err == nil || !strings.Contains(err.Error(), "it is broken") {
		t.Errorf("a broken shellcheck: %v", err)
	}
	programs(t)
	if shelltool.FindShellCheck(context.Background()) != nil {
		t.Error("found a shellcheck where there is none")
	}
}

// TestSlowShellCheck stops a shellcheck that does not get through a script, and checks the other
// scripts of the batch.
func TestSlowShellCheck(t *testing.T) {
	folder := programs(t, "shellcheck")
	check := shelltool.FindShellCheck(context.Background())
	check.Bound(whenItHangs(t, folder))
	results, err := check.Check([]string{"BAD", "HANG", "#!/bin/sh\nHANG", "fine", "#!/bin/sh\nBAD", "MEMORY"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for i, r := range results {
		said := fmt.Sprintf("%d findings", len(r.Findings))
		if r.Stopped != nil {
			said = r.Stopped.Error()
		}
		have = append(have, fmt.Sprintf("%d: %s", i, said))
	}
	want := []string{"0: 1 findings", "1: shellcheck took longer than 30s", "2: shellcheck took longer than 30s", "3: 0 findings", "4: 1 findings", "5: shellcheck ended without an answer: shellcheck: heap exhausted"}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
