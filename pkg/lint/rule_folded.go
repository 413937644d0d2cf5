package lint

import (
	"bytes"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// commandWords begin a command of their own, not an argument.
var commandWords = []string{
	"set", "export", "cd", "echo", "printf", "mkdir", "rm", "cp", "mv", "ln", "touch", "cat", "chmod", "chown", "tar", "unzip", "zip", "gzip", "sed", "awk", "grep", "find", "xargs", "sleep", "test",
	"curl", "wget", "ssh", "scp", "rsync", "git", "svn", "docker", "kubectl", "helm", "make", "cmake", "ninja", "gcc", "g++", "go", "cargo", "mvn", "mvnw", "gradle", "gradlew", "ant", "java", "javac",
	"npm", "npx", "yarn", "pnpm", "node", "pip", "pip3", "python", "python3", "pytest", "tox", "poetry", "dotnet", "msbuild", "php", "composer", "ruby", "bundle", "apt-get", "apt", "yum", "dnf", "apk",
	"sudo", "su", "sh", "bash", "source", "if", "then", "else", "fi", "for", "while", "do", "done", "case", "esac", "exit", "return", "trap", "unset", "read", "eval", "exec", "ls", "pwd", "env", "date",
}

var assignment = pattern(`^[A-Za-z_][A-Za-z0-9_]*=`)

// commandFolded reports a script in folded style (>) that joins commands which
// stand on lines of their own.
func (p *pass) commandFolded(s *script) {
	if s.node.Style != spec.FoldedStyle {
		return
	}
	start, ok := p.offset(s.node.Range.Start)
	end, found := p.offset(s.node.Range.End)
	if !ok || !found || end <= start || p.source[start] != '>' {
		return
	}
	lines := bytes.Split(p.source[start:end], []byte("\n"))
	for i := 2; i < len(lines); i++ {
		before, line := string(bytes.TrimRight(lines[i-1], " \r")), string(bytes.TrimRight(lines[i], " \r"))
		if strings.TrimSpace(before) == "" || strings.TrimSpace(line) == "" || indentOf(before) != indentOf(line) {
			continue // a blank line or a deeper one is not joined
		}
		if !startsCommand(strings.TrimSpace(line)) || continues(before) {
			continue
		}
		header := spec.Range{Start: s.node.Range.Start, End: s.node.Range.Start}
		header.End.Column++
		d := p.report("command-folded", header, s.pointer, "this folded script joins its lines: "+quoted(strings.TrimSpace(line))+" becomes a part of the command before", "write | in the place of >")
		d.Fixes = []spec.Fix{{Message: "write |", Unsafe: true, Edits: []spec.Edit{{File: p.name, Start: start, End: start + 1, New: "|"}}}}
		line0 := s.node.Range.Start.Line + i
		d.Related = []spec.Related{{Range: lineRange(p.name, line0, indentOf(line)+1, len([]rune(line))+1), Message: "this line is joined to the one before"}}
		return
	}
}

func lineRange(file string, line, from, to int) spec.Range {
	return spec.Range{Start: spec.Pos{File: file, Line: line, Column: from}, End: spec.Pos{File: file, Line: line, Column: to}}
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// startsCommand tells whether a line is a command of its own, or a comment that
// would swallow what follows it.
func startsCommand(line string) bool {
	if line[0] == '#' || assignment().MatchString(line) || strings.HasPrefix(line, "./") {
		return true
	}
	word, _, _ := strings.Cut(line, " ")
	return slices.Contains(commandWords, strings.TrimSuffix(word, ";"))
}

// continues tells whether a line goes on in the next by itself.
func continues(line string) bool {
	for _, end := range []string{`\`, "|", "&&", "||", ";", "(", "{", " do", " then", " else"} {
		if strings.HasSuffix(line, end) {
			return true
		}
	}
	return false
}
