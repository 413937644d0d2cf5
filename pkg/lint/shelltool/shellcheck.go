package shelltool

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/lint"
)

// ShellCheck is the shellcheck of this machine.
type ShellCheck struct {
	ctx     context.Context
	program *program
}

// FindShellCheck looks for shellcheck in PATH. It returns nil if there is none.
func FindShellCheck(ctx context.Context) *ShellCheck {
	found := find("shellcheck")
	if found == nil {
		return nil
	}
	return &ShellCheck{ctx: ctx, program: found}
}

// Identity names the program as it is today: results depend on it.
func (s *ShellCheck) Identity() string { return s.program.identity }

// report is the output of shellcheck --format=json1.
type report struct {
	Comments []struct {
		File              string
		Line, EndLine     int
		Column, EndColumn int
		Code              int
		Message           string
	}
}

// Check implements lint.ShellCheck: errors and warnings, no style notes. A script is read as one of
// the shell in its first line, by default bash.
func (s *ShellCheck) Check(scripts []string, rc []byte) ([][]lint.ShellCheckFinding, error) {
	dir, err := os.MkdirTemp("", "buildsync-shellcheck-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	options := []string{"--format=json1", "--severity=warning"}
	if rc == nil {
		options = append(options, "--norc")
	} else if err := os.WriteFile(filepath.Join(dir, ".shellcheckrc"), rc, 0o600); err != nil {
		return nil, err
	}
	var named, unnamed []string
	for i, script := range scripts {
		name := strconv.Itoa(i) + ".sh"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o600); err != nil {
			return nil, err
		}
		if strings.HasPrefix(script, "#!") {
			named = append(named, name)
		} else {
			unnamed = append(unnamed, name)
		}
	}
	found := make([][]lint.ShellCheckFinding, len(scripts))
	if err := s.check(dir, options, named, found); err != nil {
		return nil, err
	}
	return found, s.check(dir, append(options, "--shell=bash"), unnamed, found)
}

// check adds the findings for the files called names, which are numbers.
func (s *ShellCheck) check(dir string, options, names []string, found [][]lint.ShellCheckFinding) error {
	if len(names) == 0 {
		return nil
	}
	out, said, code, err := s.program.run(s.ctx, dir, "", append(append(options[:len(options):len(options)], "--"), names...)...)
	if err != nil {
		return err
	}
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code > 1 {
		line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
		return fmt.Errorf("shellcheck ended with code %d: %s", code, line)
	}
	for _, c := range r.Comments {
		i, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(c.File), ".sh"))
		if err != nil || i < 0 || i >= len(found) {
			continue
		}
		found[i] = append(found[i], lint.ShellCheckFinding{Code: c.Code, Message: c.Message, Line: c.Line, Column: c.Column, EndLine: c.EndLine, EndColumn: c.EndColumn})
	}
	return nil
}
