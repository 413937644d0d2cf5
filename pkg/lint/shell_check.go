package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/spec"
)

// ShellCheck checks scripts with shellcheck.
type ShellCheck interface {
	// Identity identifies the installed program: results depend on it.
	Identity() string
	// Check returns a result for each script. rc is the workspace's .shellcheckrc, nil if there is
	// none.
	Check(scripts []string, rc []byte) ([]ShellCheckResult, error)
}

// ShellCheckResult is what shellcheck says about a script. Stopped is set if it had to be stopped,
// so the script was not checked.
type ShellCheckResult struct {
	Findings []ShellCheckFinding
	Stopped  *StoppedError
}

// ShellCheckFinding is a finding of shellcheck. Lines and columns count from 1, columns in
// characters.
type ShellCheckFinding struct {
	Code               int
	Message            string
	Line, Column       int
	EndLine, EndColumn int
}

// ShellCheckMode decides whether shellcheck is used.
type ShellCheckMode string

// The modes. The zero value means the setting in buildsync.yaml, or auto.
const (
	ShellCheckAuto     ShellCheckMode = "auto" // if it is installed
	ShellCheckOff      ShellCheckMode = "off"
	ShellCheckRequired ShellCheckMode = "required" // a missing shellcheck is an error
)

// shellCheckFile configures shellcheck itself.
const shellCheckFile = ".shellcheckrc"

// otherRules maps codes of shellcheck to the rules that report the same. Codes without a rule do
// not apply to scripts in steps: a missing shebang, an included file that was not read, and parse
// errors of shellcheck's own parser.
var otherRules = map[int]string{
	2148: "", 1090: "", 1091: "", 1072: "", 1073: "", 1009: "", 2154: "", // param-undefined knows what is set
	2115: "shell-safety", 2114: "shell-safety", 2164: "shell-safety", 2168: "shell-safety", 3043: "shell-safety", 2086: "shell-safety", 1068: "shell-safety", 1066: "shell-safety", 2071: "shell-safety", 2210: "shell-safety", 2193: "shell-safety",
	1020: "shell-syntax", 1035: "shell-syntax", 1014: "shell-syntax", 1069: "shell-syntax",
	1018: "invisible-char", 1082: "invisible-char",
}

// carriageReturn is shellcheck's code for a carriage return, which it reports on each line.
const carriageReturn = 1017

// judgesCarriageReturns reports whether a rule of our own reports the carriage returns of a script.
func (l *linter) judgesCarriageReturns(s *script) bool {
	set, known := l.config.level("invisible-char", s.pass.name)
	return !known || !set.off
}

// asksShellCheck reports whether scripts are collected for shellcheck.
func (l *linter) asksShellCheck() bool {
	return l.opts.ShellCheck != nil && l.shellCheckMode() != ShellCheckOff
}

func (l *linter) shellCheckMode() ShellCheckMode {
	if l.opts.ShellCheckMode != "" {
		return l.opts.ShellCheckMode
	}
	return l.config.shellCheck
}

// shellChecked asks shellcheck about the scripts that were collected.
func (l *linter) shellChecked() {
	scripts := l.unchecked
	l.unchecked = nil
	if len(scripts) == 0 || l.silent != nil {
		return
	}
	var rc []byte
	if text := l.read(shellCheckFile); len(text) > 0 {
		rc = text
	}
	var texts []string
	index := map[string]int{}
	for _, s := range scripts {
		if _, known := index[s.text]; !known {
			index[s.text] = len(texts)
			texts = append(texts, s.text)
		}
	}
	results, err := l.opts.ShellCheck.Check(texts, rc)
	if err != nil || len(results) != len(texts) {
		l.silent = fmt.Errorf("shellcheck failed: %w", err)
		return
	}
	for _, s := range scripts {
		report := func() {
			result := results[index[s.text]]
			if result.Stopped != nil {
				l.notShellChecked(s, result.Stopped)
			}
			for _, f := range result.Findings {
				if f.Code == carriageReturn && l.judgesCarriageReturns(s) {
					continue // said once, not for each line
				}
				l.shellCheckFinding(s, f)
			}
		}
		if file := l.scripts[s.pass.name]; s.isFile() && file != nil {
			before := l.found
			l.found = file.rules // those about one place were reported by other rules
			report()
			file.rules, l.found = l.found, before
		} else {
			report()
		}
	}
}

func (l *linter) shellCheckFinding(s *script, f ShellCheckFinding) {
	rule, covered := otherRules[f.Code]
	if covered && rule == "" {
		return
	}
	lines := textedit.Index([]byte(s.text))
	start, ok := lines.Offset(f.Line, f.Column)
	end, found := lines.Offset(f.EndLine, f.EndColumn)
	if !ok {
		return
	}
	if !found || end < start {
		end = start
	}
	at := s.at(start, end)
	if covered && slices.ContainsFunc(l.found, func(d spec.Diagnostic) bool {
		return d.Rule == rule && d.Range.Start.File == at.Start.File && d.Range.Start.Line == at.Start.Line
	}) {
		return
	}
	l.report("shellcheck", at, s.pointer, fmt.Sprintf("SC%d: %s", f.Code, strings.TrimSuffix(f.Message, ".")), fmt.Sprintf("https://www.shellcheck.net/wiki/SC%d says more", f.Code))
}

// notShellChecked reports a script that shellcheck did not get through.
func (l *linter) notShellChecked(s *script, why *StoppedError) {
	l.stopped = true
	d := l.report("shellcheck", s.at(0, 0), s.pointer, "shellcheck did not check this script: it "+why.Reason, "split the script, or leave shellcheck out with lint.shellcheck: off")
	d.Severity = l.withoutShellCheck()
}

// withoutShellCheck returns the severity of a check that shellcheck did not make.
func (l *linter) withoutShellCheck() spec.Severity {
	if l.shellCheckMode() == ShellCheckRequired {
		return spec.Error
	}
	return spec.Info
}

// missingShellCheck reports a required shellcheck that is missing or does not answer.
func (l *linter) missingShellCheck() {
	mode := l.shellCheckMode()
	at, pointer := spec.Range{Start: spec.Pos{File: workspaceFile, Line: 1, Column: 1}, End: spec.Pos{File: workspaceFile, Line: 1, Column: 1}}, ""
	if l.config.shellCheckAt != nil {
		at, pointer = l.config.shellCheckAt.Range, "lint.shellcheck"
	}
	switch {
	case mode == ShellCheckRequired && l.opts.ShellCheck == nil:
		l.report("shellcheck", at, pointer, "shellcheck is required and not on the PATH", "install shellcheck, or write lint.shellcheck: auto").Severity = spec.Error
	case l.silent != nil:
		l.report("shellcheck", at, pointer, l.silent.Error(), "").Severity = l.withoutShellCheck()
	}
}
