package archtest

import (
	"testing"
)

// What the command may have, in lines without tests. The bound
// only ever goes down.
const (
	mostOfCommand     = 7000
	mostOfCommandFile = 450
)

// TestCommandStaysThin: what a command does belongs into a package, where it can be
// tested and embedded without a command line.
func TestCommandStaysThin(t *testing.T) {
	t.Parallel()
	all := 0
	for _, s := range sources(t) {
		if s.pkg != "cmd/buildsync" {
			continue
		}
		lines := s.fset.File(s.file.Pos()).LineCount()
		if all += lines; lines > mostOfCommandFile {
			t.Errorf("%s has %d lines, more than %d: move what it does into a package", s.name, lines, mostOfCommandFile)
		}
	}
	if all > mostOfCommand {
		t.Errorf("cmd/buildsync has %d lines, more than %d: move what a command does into a package", all, mostOfCommand)
	}
}
