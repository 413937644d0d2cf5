package emulator

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// tx collects what one request writes. Nothing is visible before commit, which
// writes the store first: a failed write changes nothing.
type tx struct {
	state  *state
	user   *User
	now    time.Time
	writes []write
	apply  []func(*state)
	seq    int
	err    error
}

func newTx(s *state, user *User, now time.Time) *tx {
	return &tx{state: s, user: user, now: now, seq: s.seq}
}

func (t *tx) row(table, key string, value any) {
	data, err := json.Marshal(value)
	if err != nil && t.err == nil {
		t.err = fmt.Errorf("writing the emulator's data: row %q of %s: %w", key, table, err)
	}
	t.writes = append(t.writes, write{table, key, data})
}

func (t *tx) nextSeq() int {
	t.seq++
	return t.seq
}

// putJob writes a job's record and, where kind is not empty, a row of its change
// history; the pointer must not be one that state holds. A nil body leaves the
// stored one.
func (t *tx) putJob(j *job, body *jsontree.Value, kind string) {
	j.Updated = t.now
	j.Commits++
	if kind != "" {
		j.Changes++
		t.row(tableChanges, changeKey(j.ID, j.Changes), &change{
			Number: j.Changes, Kind: kind, User: t.user.Name, UserID: t.user.ID, Time: t.now,
		})
	}
	t.row(tableJobs, j.ID, j)
	if body != nil {
		t.writes = append(t.writes, write{tableBodies, j.ID, body.AppendJSON(nil)})
	}
	t.apply = append(t.apply, func(s *state) { s.putJob(j) })
}

// dropJob removes a job for good, with all that belongs to it.
func (t *tx) dropJob(id string) {
	t.writes = append(t.writes, write{tableJobs, id, nil}, write{tableBodies, id, nil})
	for _, b := range t.state.builds[id] {
		t.writes = append(t.writes, write{tableBuilds, b.key(), nil})
	}
	for number := range t.state.jobs[id].Changes {
		t.writes = append(t.writes, write{tableChanges, changeKey(id, number+1), nil})
	}
	t.apply = append(t.apply, func(s *state) { s.dropJob(id) })
}

func (t *tx) putTemplate(p *template) {
	p.Commits++
	t.row(tableTemplates, p.UUID, p)
	t.apply = append(t.apply, func(s *state) { s.putTemplate(p) })
}

func (t *tx) dropTemplate(uuid string) {
	t.writes = append(t.writes, write{tableTemplates, uuid, nil})
	t.apply = append(t.apply, func(s *state) { delete(s.templates, uuid) })
}

func (t *tx) putBuild(b *build) {
	t.row(tableBuilds, b.key(), b)
	t.apply = append(t.apply, func(s *state) { s.putBuild(b) })
}

func (t *tx) putToken(k *token) {
	t.row(tableTokens, k.Hash, k)
	t.apply = append(t.apply, func(s *state) { s.putToken(k) })
}

func (t *tx) putFile(key string, data []byte) {
	t.writes = append(t.writes, write{tableFiles, key, data})
	t.apply = append(t.apply, func(s *state) { s.files[key] = data })
}

// changeKey pads the number: the store orders keys as bytes.
func changeKey(jobID string, number int) string { return fmt.Sprintf("%s/%08d", jobID, number) }

// commit makes the writes durable and visible; it reports whether there were any.
func (t *tx) commit() (bool, error) {
	if t.err != nil {
		return false, t.err
	}
	if len(t.writes) == 0 {
		return false, nil
	}
	if err := t.state.disk.commit(t.writes); err != nil {
		return false, err
	}
	t.state.seq = t.seq
	for _, apply := range t.apply {
		apply(t.state)
	}
	return true, nil
}
