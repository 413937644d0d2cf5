package shelltool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
// the shell in its first line, by default bash. All scripts are given to one process; if it is
// stopped, each script gets its own.
func (s *ShellCheck) Check(scripts []string, rc []byte) ([]lint.ShellCheckResult, error) {
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
	options = slices.Clip(options)
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
	results := make([]lint.ShellCheckResult, len(scripts))
	if err := s.check(dir, options, named, results); err != nil {
		return nil, err
	}
	return results, s.check(dir, append(options, "--shell=bash"), unnamed, results)
}

// check adds the results for the files called names, which are numbers.
func (s *ShellCheck) check(dir string, options, names []string, results []lint.ShellCheckResult) error {
	if len(names) == 0 {
		return nil
	}
	err := s.checkTogether(dir, options, names, results)
	var stopped *lint.StoppedError
	switch {
	case !errors.As(err, &stopped):
		return err
	case len(names) == 1:
		if i, known := scriptOf(names[0], results); known {
			results[i].Stopped = stopped
		}
		return nil
	}
	for _, name := range names {
		if err := s.check(dir, options, []string{name}, results); err != nil {
			return err
		}
	}
	return nil
}

// checkTogether gives files to one process.
func (s *ShellCheck) checkTogether(dir string, options, names []string, results []lint.ShellCheckResult) error {
	out, said, code, err := s.program.run(s.ctx, dir, "", append(append(options, "--"), names...)...)
	if err != nil {
		return err
	}
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code > 1 {
		if code == outOfMemory {
			return s.program.stopped("ended without an answer: %s", firstLine(said))
		}
		return fmt.Errorf("shellcheck ended with code %d: %s", code, firstLine(said))
	}
	for _, c := range r.Comments {
		if i, known := scriptOf(c.File, results); known {
			results[i].Findings = append(results[i].Findings, lint.ShellCheckFinding{Code: c.Code, Message: c.Message, Line: c.Line, Column: c.Column, EndLine: c.EndLine, EndColumn: c.EndColumn})
		}
	}
	return nil
}

// outOfMemory is the exit code of a Haskell program that gets no more memory.
const outOfMemory = 251

// scriptOf returns the number of the script in a file.
func scriptOf(file string, results []lint.ShellCheckResult) (i int, known bool) {
	i, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(file), ".sh"))
	return i, err == nil && i >= 0 && i < len(results)
}
