package shelltool_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint/shelltool"
)

// TestMain lets this program play the programs under whose names it is started.
func TestMain(m *testing.M) {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	switch name {
	case "bash":
		os.Exit(playBash())
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
