package lint

import (
	"bytes"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// commandWords begin a command, not an argument.
var commandWords = []string{
	"set", "export", "cd", "echo", "printf", "mkdir", "rm", "cp", "mv", "ln", "touch", "cat", "chmod", "chown", "tar", "unzip", "zip", "gzip", "sed", "awk", "grep", "find", "xargs", "sleep", "test",
	"curl", "wget", "ssh", "scp", "rsync", "git", "svn", "docker", "kubectl", "helm", "make", "cmake", "ninja", "gcc", "g++", "go", "cargo", "mvn", "mvnw", "gradle", "gradlew", "ant", "java", "javac",
	"npm", "npx", "yarn", "pnpm", "node", "pip", "pip3", "python", "python3", "pytest", "tox", "poetry", "dotnet", "msbuild", "php", "composer", "ruby", "bundle", "apt-get", "apt", "yum", "dnf", "apk",
	"sudo", "su", "sh", "bash", "source", "if", "then", "else", "fi", "for", "while", "do", "done", "case", "esac", "exit", "return", "trap", "unset", "read", "eval", "exec", "ls", "pwd", "env", "date",
}

// commandFolded reports a script in folded style (>) that joins commands on separate lines.
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
	own := blockIndent(lines)
	for i := 2; i < len(lines); i++ {
		before, line := string(bytes.TrimRight(lines[i-1], " \r")), string(bytes.TrimRight(lines[i], " \r"))
		if !standsAt(before, own) || !standsAt(line, own) {
			continue // YAML joins only lines that are at the block's own indent
		}
		if !joinsCommands(strings.TrimSpace(before), strings.TrimSpace(line)) {
			continue
		}
		header := spec.Range{Start: s.node.Range.Start, End: s.node.Range.Start}
		header.End.Column++
		d := p.report("command-folded", header, s.pointer, "this folded script joins its lines: "+quoted(strings.TrimSpace(line))+" becomes part of the previous command", "write | instead of >")
		d.Fixes = []spec.Fix{{Message: "write |", Unsafe: true, Edits: []spec.Edit{{File: p.name, Start: start, End: start + 1, New: "|"}}}}
		line0 := s.node.Range.Start.Line + i
		d.Related = []spec.Related{{Range: lineRange(p.name, line0, indentOf(line)+1, len([]rune(line))+1), Message: "this line is joined to the previous one"}}
		return
	}
}

func lineRange(file string, line, from, to int) spec.Range {
	return spec.Range{Start: spec.Pos{File: file, Line: line, Column: from}, End: spec.Pos{File: file, Line: line, Column: to}}
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// standsAt reports whether a line has text at exactly that indent. A tab after it means a deeper
// indent.
func standsAt(line string, indent int) bool {
	return strings.TrimSpace(line) != "" && indentOf(line) == indent && line[indent] != '\t'
}

// blockIndent returns the indent of a block's lines: that of the first line that is not blank, or
// of the least indented one.
func blockIndent(lines [][]byte) int {
	least := -1
	for _, line := range lines[1:] {
		if text := strings.TrimRight(string(line), " \r"); text != "" && (least < 0 || indentOf(text) < least) {
			least = indentOf(text)
		}
	}
	return least
}

// joinsCommands reports whether a line is certainly a separate command, and the line before a
// complete one. A comment swallows what is joined to it.
func joinsCommands(before, line string) bool {
	if strings.HasPrefix(before, "#") || strings.HasPrefix(line, "#") {
		return true
	}
	return startsCommand(line) && !continues(before) && isComplete(before)
}

// startsCommand reports whether a line begins with the name of a command.
func startsCommand(line string) bool {
	if strings.HasPrefix(line, "./") {
		return true
	}
	word, _, _ := strings.Cut(line, " ")
	return slices.Contains(commandWords, strings.TrimSuffix(word, ";"))
}

// goalTools take targets and options, never the name of another command.
var goalTools = []string{"make", "ninja", "ant", "gradle", "gradlew", "./gradlew", "mvn", "mvnw", "./mvnw", "cargo", "cmake", "npm", "yarn", "pnpm", "pytest", "tox"}

// isComplete reports whether a command is certainly complete. Most programs take more words, which
// a folded block may have on its next line: docker run IMAGE, apt-get install -y, tar czf a.tgz.
func isComplete(line string) bool {
	words := strings.Fields(line)
	last := words[len(words)-1]
	switch words[0] {
	case "set", "cd", "source", ".", "exit":
		return len(words) == 2
	case "export":
		return len(words) == 2 && strings.Contains(last, "=")
	case "fi", "done", "esac":
		return len(words) == 1
	case "echo":
		return len(words) > 1 && strings.ContainsAny(last[len(last)-1:], "\"'")
	case "docker":
		return len(words) > 2 && words[1] == "build" && strings.HasPrefix(last, ".") || len(words) == 3 && (words[1] == "push" || words[1] == "pull")
	case "go":
		return len(words) > 1 && words[1] != "run" && words[1] != "tool" && last[0] != '-'
	case "git":
		return len(words) > 2 && (words[1] == "clone" || words[1] == "checkout" || words[1] == "pull") && last[0] != '-' || len(words) == 2 && words[1] == "pull"
	}
	return slices.Contains(goalTools, words[0]) && last[0] != '-'
}

// continues reports whether a line by itself continues on the next.
func continues(line string) bool {
	for _, end := range []string{`\`, "|", "&&", "||", ";", "(", "{", " do", " then", " else"} {
		if strings.HasSuffix(line, end) {
			return true
		}
	}
	return false
}
