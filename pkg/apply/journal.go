package apply

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/buildsync/buildsync/internal/failpoint"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// journalVersion is the version of the journal's lines.
const journalVersion = 1

// Journal is the append-only record of one run: each write, durable before it is sent, and how it
// ended. It contains no secret, and no body except that of a template that is deleted before its
// replacement exists, and the members of a job that its update may clear. Without one, or with a damaged one, a run is as correct, but reports "someone
// else created it" instead of "an earlier run did", a person must finish a half-done template
// replacement, and what only a deleted template held is lost.
type Journal struct {
	path string
	mu   sync.Mutex
	file journalFile
	seq  int
	now  func() time.Time
}

// journalFile is the file that a journal writes to.
type journalFile interface {
	io.WriteCloser
	Sync() error
}

// JournalEntry is one line of a journal.
type JournalEntry struct {
	Version   int         `json:"v"`
	Seq       int         `json:"seq"`
	Time      time.Time   `json:"time"`
	Phase     string      `json:"phase"` // begin, intent, outcome, made
	Endpoint  string      `json:"endpoint,omitempty"`
	PlanID    string      `json:"plan_id,omitempty"`
	Op        diff.Action `json:"op,omitempty"`
	Kind      diff.Kind   `json:"kind,omitempty"`
	Key       string      `json:"key,omitempty"` // the address
	ProjectID string      `json:"project_id,omitempty"`
	Name      string      `json:"name,omitempty"`
	ID        string      `json:"id,omitempty"` // for a replacement the old object's
	Want      string      `json:"want_fp,omitempty"`
	Have      string      `json:"have_fp,omitempty"`
	Outcome   Outcome     `json:"outcome,omitempty"`

	// Body is a template that is deleted before its replacement exists, without sensitive values, or
	// the members of a job that its update may clear.
	//
	// In a line of phase made, the ids of what earlier runs created and no record knows.
	Body string `json:"body,omitempty"`

	CRC string `json:"crc"`
}

// The phases of a journal's lines.
const (
	phaseBegin   = "begin"
	phaseIntent  = "intent"
	phaseOutcome = "outcome"
	phaseMade    = "made"
)

// CreateJournal makes the journal of a new run at path, which must not exist,
// readable by its owner only. The caller closes it after the run.
func CreateJournal(path, endpoint, planID string) (*Journal, error) {
	if err := failpoint.Fail("journal.open"); err != nil {
		return nil, fmt.Errorf("creating the journal: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("creating the journal: %w", err)
	}
	j := &Journal{path: path, file: file, now: time.Now}
	if err := j.append(JournalEntry{Phase: phaseBegin, Endpoint: endpoint, PlanID: planID}); err != nil {
		file.Close()
		return nil, err
	}
	return j, nil
}

// Close closes the journal's file.
func (j *Journal) Close() error { return j.file.Close() }

// append writes one line and makes it durable.
func (j *Journal) append(e JournalEntry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	e.Version, e.Seq, e.Time = journalVersion, j.seq, j.now().UTC()
	line, err := e.line()
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	line, cut := failpoint.Cut("journal.write", line)
	if _, err := j.file.Write(line); err != nil || cut != nil {
		return fmt.Errorf("writing the journal: %w", errors.Join(err, cut))
	}
	if err := errors.Join(j.file.Sync(), failpoint.Fail("journal.sync")); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}

// line returns e with its checksum: the CRC-32 of the line without it. The checksum is the last
// member, so it is put into the text that it was computed of.
func (e JournalEntry) line() ([]byte, error) {
	e.CRC = ""
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	const end = `"}`
	sum := crc32.ChecksumIEEE(text)
	return fmt.Appendf(text[:len(text)-len(end)], "%08x%s\n", sum, end), nil
}

// ErrForeignJournal means that a journal belongs to another endpoint.
var ErrForeignJournal = errors.New("the journal is of another endpoint")

// ReadJournal reads an earlier run's journal. It stops at a damaged line, returns the entries
// before it, and a warning. For a journal of another version it returns only a warning, for one of
// another endpoint ErrForeignJournal.
func ReadJournal(r io.Reader, endpoint string) (entries []JournalEntry, warning string, err error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 64<<20) // a body may be as long as an answer
	for number := 1; scanner.Scan(); number++ {
		e, ok := parseEntry(scanner.Bytes())
		if !ok || e.Seq != number {
			return entries, fmt.Sprintf("line %d of the journal is damaged; it is used up to there", number), nil
		}
		if e.Version != journalVersion {
			return nil, fmt.Sprintf("the journal has version %d, not %d; it is ignored", e.Version, journalVersion), nil
		}
		if number == 1 && (e.Phase != phaseBegin || e.Endpoint != endpoint) {
			return nil, "", ErrForeignJournal
		}
		entries = append(entries, e)
	}
	if err := scanner.Err(); err != nil {
		return entries, "", fmt.Errorf("reading the journal: %w", err)
	}
	return entries, "", nil
}

// parseEntry reads one line, which must be byte for byte as line writes it.
func parseEntry(text []byte) (e JournalEntry, ok bool) {
	if json.Unmarshal(text, &e) != nil {
		return e, false
	}
	line, err := e.line()
	return e, err == nil && bytes.Equal(line, append(bytes.Clone(text), '\n'))
}

// underWay returns the intents of a journal without an outcome: the writes that were under way when
// the run ended.
func underWay(entries []JournalEntry) []JournalEntry {
	type action struct {
		key string
		op  diff.Action
	}
	later := map[action]bool{} // actions with a later entry
	var out []JournalEntry
	for _, e := range slices.Backward(entries) {
		at := action{e.Key, e.Op}
		if e.Phase == phaseIntent && !later[at] {
			out = append(out, e)
		}
		later[at] = true
	}
	slices.Reverse(out)
	return out
}

// journal appends e to the run's journal, if there is one.
func (r *run) journal(e JournalEntry) error {
	if r.opts.Journal == nil {
		return nil
	}
	return r.opts.Journal.append(e)
}

// intent returns the line written before a write is sent.
func (s *step) intent() JournalEntry {
	e := s.entry()
	e.Phase = phaseIntent
	return e
}

// outcome returns the line written after the action has ended.
func (s *step) outcome() JournalEntry {
	e := s.entry()
	e.Phase, e.Outcome = phaseOutcome, s.result.Outcome
	return e
}

// opRecover is the journal's name for enabling a disabled job during its update.
const opRecover diff.Action = "recover"

// recovery returns the line written before a disabled job is enabled for its update, and after it is
// disabled again.
func (s *step) recovery(phase string) JournalEntry {
	e := s.entry()
	e.Phase, e.Op = phase, opRecover
	return e
}

// leftEnabled returns the ids of jobs that a run enabled for an update and did not disable again.
func leftEnabled(entries []JournalEntry) map[string]bool {
	out := map[string]bool{}
	for _, e := range underWay(entries) {
		if e.Op == opRecover {
			out[e.ID] = true
		}
	}
	return out
}

// replacing returns the uuids of templates that a run began to replace and may not have deleted.
func replacing(entries []JournalEntry) map[string]bool {
	out := map[string]bool{}
	for _, e := range entries {
		if e.Kind == diff.KindTemplate && e.Op == diff.ActionReplace {
			out[e.ID] = e.Phase == phaseIntent || !e.Outcome.Done()
		}
	}
	return out
}

// keptTemplates returns the bodies of templates that a run deleted, or was about to delete, before it
// had created the new ones, by address.
func keptTemplates(entries []JournalEntry) map[string]*jsontree.Value {
	out := map[string]*jsontree.Value{}
	for _, e := range entries {
		switch {
		case e.Kind != diff.KindTemplate:
		case e.Phase == phaseOutcome && e.Outcome.Done():
			delete(out, e.Key)
		case e.Body != "":
			if body, err := jsontree.Parse([]byte(e.Body), jsontree.Limits{}); err == nil {
				out[e.Key] = body
			}
		}
	}
	return out
}

// atRisk returns the members that updates which did not end may have cleared, by the job's id.
func atRisk(entries []JournalEntry) map[string]JournalEntry {
	out := map[string]JournalEntry{}
	for _, e := range entries {
		switch {
		case e.Kind != diff.KindJob || e.Op != diff.ActionUpdate:
		case e.Phase == phaseOutcome && e.Outcome.Done():
			delete(out, e.ID)
		case e.Body != "":
			out[e.ID] = e
		}
	}
	return out
}

// made returns the ids of the jobs and templates that a run without a record created, and of those
// that such runs before it did.
func made(entries []JournalEntry) map[string]bool {
	out, unrecorded := map[string]bool{}, false
	for _, e := range entries {
		var earlier []string
		switch {
		case e.Phase == phaseMade && json.Unmarshal([]byte(e.Body), &earlier) == nil:
			unrecorded = e.Op == diff.ActionCreate
			for _, id := range earlier {
				out[id] = true
			}
		case unrecorded && e.Phase == phaseOutcome && e.Op == diff.ActionCreate && e.Kind != diff.KindNotification &&
			e.Outcome.Done() && e.Outcome != Unchanged && e.ID != "":
			out[e.ID] = true
		}
	}
	return out
}

// keepMade notes what earlier runs created, so that this run's journal knows it too, and whether this
// run's own creates count: those of a recorded run do not, because the record says what is managed.
func (r *run) keepMade() error {
	if len(r.plan.Made) == 0 && !r.opts.Unrecorded {
		return nil
	}
	ids, err := json.Marshal(r.plan.Made)
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	e := JournalEntry{Phase: phaseMade, Body: string(ids)}
	if r.opts.Unrecorded {
		e.Op = diff.ActionCreate
	}
	return r.journal(e)
}

// keepTemplates notes the bodies that an earlier run left in its journal, so that they outlive this
// run whatever it does.
func (r *run) keepTemplates() error {
	for _, address := range slices.Sorted(maps.Keys(r.plan.Kept)) {
		e := JournalEntry{Phase: phaseIntent, Op: diff.ActionCreate, Kind: diff.KindTemplate, Key: address, Body: string(r.plan.Kept[address].AppendJSON(nil))}
		if err := r.journal(e); err != nil {
			return err
		}
	}
	return nil
}

// entry names the object of the plan: for a replacement the old one, even after the new one exists.
func (s *step) entry() JournalEntry {
	id := s.result.ID
	if s.change.ID != nil {
		id = *s.change.ID
	}
	return JournalEntry{
		Op: s.action, Kind: s.change.Kind, Key: s.change.Address, ProjectID: s.change.ProjectID,
		Name: s.change.Name, ID: id, Want: s.change.WantFingerprint, Have: s.change.HaveFingerprint, Body: s.kept,
	}
}
