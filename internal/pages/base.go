package pages

import (
	"fmt"
	"strings"
	"time"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// ShownRecord is a record as base show prints it.
type ShownRecord struct {
	Ref         string         `json:"ref"`
	Environment string         `json:"environment"`
	Endpoint    string         `json:"endpoint"`
	Record      *record.Record `json:"record"`
	Runs        []ShownRun     `json:"runs"`
	All         bool           `json:"-"` // list also what was only found in step
}

// ShownRun is one run that changed a record.
type ShownRun struct {
	Time    time.Time `json:"time"`
	By      string    `json:"by"`
	Email   string    `json:"email"`
	What    string    `json:"what"`
	Content string    `json:"commit"` // of the record
}

func WriteShownRecord(out *screen.Paper, shown *ShownRecord) {
	r := shown.Record
	fmt.Fprintf(out, "%s\n", shown.Ref)
	switch n := len(r.Except); {
	case r.Commit == "":
		fmt.Fprintf(out, "no run has ended yet\n")
	case n == 0:
		fmt.Fprintf(out, "all objects are at %.12s\n", r.Commit)
	default:
		fmt.Fprintf(out, "all objects are at %.12s, except %d:\n", r.Commit, n)
	}
	writeStates(out, r, shown.All)
	if len(shown.Runs) > 0 {
		fmt.Fprintf(out, "\n")
		runs := screen.NewTable("TIME", "BY", "WHAT")
		for _, run := range shown.Runs {
			runs.Add(out.Instant(run.Time), run.By, run.What)
		}
		runs.WriteTo(out)
	}
}

// onlyFound is the state of objects that were in step when first seen. After adopting jobs nearly
// all have it, so they are counted.
const onlyFound = "found in step, never written from here"

// someFound is how many of those are listed all the same.
const someFound = 5

// writeStates lists the objects that differ from the majority.
func writeStates(out *screen.Paper, r *record.Record, all bool) {
	var others, found []string
	for _, address := range r.Listed() {
		if stateText(r, address) == onlyFound {
			found = append(found, address)
		} else {
			others = append(others, address)
		}
	}
	listed := others
	if all || len(found) <= someFound {
		listed = r.Listed()
	}
	t := screen.NewTable("OBJECT", "STATE")
	for _, address := range listed {
		t.Add(address, stateText(r, address))
	}
	t.WriteTo(out)
	if left := len(others) + len(found) - len(listed); left > 0 {
		fmt.Fprintf(out, "%s: %s (--all lists them)\n", sanitize.Counted(left, "object"), onlyFound)
	}
}

// stateText describes the record's state of one object.
func stateText(r *record.Record, address string) string {
	s := r.Of(address)
	var parts []string
	switch _, except := r.Except[address]; {
	case !except:
	case s.Commit == "":
		parts = append(parts, "not applied yet")
	default:
		parts = append(parts, fmt.Sprintf("at %.12s", s.Commit))
	}
	for _, commit := range s.Tried {
		parts = append(parts, fmt.Sprintf("may have been written at %.12s", commit))
	}
	if s.Found {
		parts = append(parts, onlyFound)
	}
	if s.Unproven {
		parts = append(parts, "applied, not proven: no smoke build of it has succeeded")
	}
	if s.Spelled {
		parts = append(parts, "stored by the service in another spelling than sent")
	}
	if len(s.Rewritten) > 0 {
		parts = append(parts, "the service stored "+strings.Join(s.Rewritten, ", ")+" differently from what was sent")
	}
	return strings.Join(parts, "; ")
}
