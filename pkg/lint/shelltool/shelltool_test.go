package shelltool_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
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

// playBash answers as bash does. Its input says what it is to do.
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
		case "refuse":
			fmt.Fprintf(os.Stderr, "bash: line %d: warning: here-document\nbash: line %d: syntax error near `refuse'\nbash: line %d: `refuse'\n", n, n, n)
			return 2
		case "crash":
			fmt.Fprintln(os.Stderr, "bash: out of memory")
			return 2
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
	cases := []struct {
		script, message string
		line            int
		asked           bool
	}{
		{"make\n", "", 0, true},
		{"", "", 0, true},
		{"make\nrefuse\n", "syntax error near `refuse'", 2, true},
		{"crash\n", "", 0, false},
		{"flood\n", "", 0, false},
	}
	for _, c := range cases {
		line, message, asked := bash.Refusal(c.script)
		if line != c.line || message != c.message || asked != c.asked {
			t.Errorf("%q: line %d, %q, asked: %t; want line %d, %q, asked: %t", c.script, line, message, asked, c.line, c.message, c.asked)
		}
	}
}

// TestBashIdentity holds that another program is another identity.
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
		if _, _, asked := shelltool.FindBash(context.Background()).Refusal("refuse\n"); asked {
			t.Errorf("version %q was asked", version)
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
	if _, _, asked := shelltool.FindBash(ctx).Refusal("make\n"); asked {
		t.Error("a stopped run gave a verdict")
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
		want := [][]lint.ShellCheckFinding{
			nil,
			{
				{Code: 2046, Message: options + more + " --shell=bash", Line: 1, Column: 3, EndLine: 1, EndColumn: 6},
				{Code: 2046, Message: options + more + " --shell=bash", Line: 2, Column: 1, EndLine: 2, EndColumn: 4},
			},
			{{Code: 2046, Message: options + more, Line: 2, Column: 1, EndLine: 2, EndColumn: 4}},
			nil,
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
