package pages

import (
	"fmt"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/doctor"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Checkup prints the results of doctor as they come.
type Checkup struct {
	in     *kit.Invocation
	column int // the width of the names of checks
	advice func(error) string
}

// NewCheckup makes the column of names wide enough for all of them. advice returns
// the text of a remedy.
func NewCheckup(in *kit.Invocation, names []string, advice func(error) string) *Checkup {
	c := &Checkup{in: in, advice: advice}
	for _, name := range names {
		c.column = min(max(c.column, len(name)), 32)
	}
	return c
}

// Print writes a result, and below it what to do.
func (c *Checkup) Print(r doctor.Result) {
	mark, text := string(r.Status), r.Text
	switch {
	case r.Status == doctor.Fail:
		mark = "FAIL"
		text += c.advice(r.Err)
	case r.Record != nil:
		text = RecordText(r.Record)
	}
	c.line(mark, r.Check, text)
	if r.Remedy != "" {
		c.line("", "", "→ "+string(r.Remedy))
	}
}

// line writes a line; on a terminal what does not fit is continued below itself.
func (c *Checkup) line(mark, check, text string) {
	text = sanitize.Line(text, sanitize.MessageLimit)
	lines := []string{text}
	indent := len("FAIL  ") + c.column + 2
	if room := kit.TerminalWidth(c.in.Stdout) - indent; room >= 30 {
		lines = kit.WrapWords(strings.Fields(text), room)
	}
	_, _ = fmt.Fprintf(c.in.Stdout, "%-4s  %-*s  %s\n", mark, c.column, check, strings.Join(lines, "\n"+strings.Repeat(" ", indent)))
}

// RecordText says in one line what a record says.
func RecordText(s *record.Stored) string {
	text := fmt.Sprintf("the record %s is at %.12s", s.Ref, s.Record.Commit)
	if n := len(s.Except); n > 0 {
		text += fmt.Sprintf(", %s at other commits or not applied yet (buildsync base show)", sanitize.Counted(n, "object"))
	}
	return text
}
