//go:build unix

package doctest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// mark begins the line that the shell writes after each command.
const mark = "\x01doctest "

// reader is the home folder that the outputs show in place of the temporary one.
const reader = "/home/you"

// runSession runs a document in one shell and returns what each command wrote.
func runSession(ctx context.Context, home string, doc *document) ([]string, error) {
	clone := filepath.Join(home, "buildsync")
	if err := os.CopyFS(filepath.Join(clone, "examples"), os.DirFS(filepath.Join(root, "examples"))); err != nil {
		return nil, err
	}
	script := filepath.Join(home, ".session.sh")
	if err := os.WriteFile(script, []byte(shellScript(doc)), 0o600); err != nil {
		return nil, err
	}
	shell := exec.CommandContext(ctx, "sh", script)
	shell.Dir, shell.Env = clone, sessionEnvironment(home)
	// Programs that a document leaves running end with its shell.
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	shell.Cancel = func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) }
	shell.WaitDelay = time.Second
	out, err := shell.CombinedOutput()
	_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) // usually nothing is left
	if err != nil {
		return nil, fmt.Errorf("the shell ended early: %w\n%s", err, out)
	}
	return split(strings.ReplaceAll(string(out), home, reader), len(doc.commands()))
}

// sessionEnvironment returns a newcomer's environment: no credentials, and no settings of the
// person who runs the test.
func sessionEnvironment(home string) []string {
	return []string{
		"BUILDSYNC_SHELLCHECK=off", // other installed programs must not show
		"PATH=" + programs + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + home, "TMPDIR=" + os.TempDir(), "TZ=UTC", "LC_ALL=C.UTF-8", "COLUMNS=120",
		"GIT_AUTHOR_NAME=you", "GIT_AUTHOR_EMAIL=you@example.com",
		"GIT_COMMITTER_NAME=you", "GIT_COMMITTER_EMAIL=you@example.com",
		"GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		// Git's own default, which many readers have: a page that says main has to make it.
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=init.defaultBranch", "GIT_CONFIG_VALUE_0=master",
	}
}

// shellScript writes the document's files and runs its commands, each followed
// by a marked line with its exit code, which a later $? still sees.
func shellScript(doc *document) string {
	var out strings.Builder
	out.WriteString("exec 2>&1 </dev/null\n")
	for _, p := range doc.pieces {
		if p.file != "" {
			redirect := ">"
			if p.appends {
				redirect = ">>"
			}
			fmt.Fprintf(&out, "mkdir -p \"$(dirname '%s')\"\ncat %s'%s' <<'END OF FILE'\n%s\nEND OF FILE\n", p.file, redirect, p.file, strings.Join(p.content, "\n"))
		}
		for _, c := range p.commands {
			fmt.Fprintf(&out, "%s\n{ doctest=$?; printf '\\n%s%%d\\n' $doctest; } 2>/dev/null; (exit $doctest)\n", c.text, mark)
		}
	}
	out.WriteString("exit 0\n")
	return out.String()
}

// split divides the shell's output at the marks.
func split(out string, commands int) ([]string, error) {
	var texts []string
	for len(texts) < commands {
		before, after, found := strings.Cut(out, "\n"+mark)
		number, rest, _ := strings.Cut(after, "\n")
		code, err := strconv.Atoi(number)
		if !found || err != nil {
			return nil, fmt.Errorf("command %d of %d ended the shell:\n%s", len(texts)+1, commands, out)
		}
		if code != 0 {
			before = strings.TrimRight(before, "\n") + fmt.Sprintf("\n(exit code %d)", code)
		}
		texts, out = append(texts, tidy(before)), rest
	}
	return texts, nil
}

// tidy removes what nobody sees: blanks at the ends of lines, and empty lines at the ends.
func tidy(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
