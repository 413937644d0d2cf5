package emulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// job is the stored state of a build job besides its body. The body is in the store as bytes and
// parsed on demand, so that starting with 10,000 jobs reads no body.
type job struct {
	ID        string        `json:"id"`
	Project   string        `json:"project"`
	Name      string        `json:"name"`
	Creator   string        `json:"creator"` // user id
	User      string        `json:"user"`    // user name
	Created   time.Time     `json:"created"`
	Updated   time.Time     `json:"updated"`
	Seq       int           `json:"seq"` // order of creation
	Disabled  bool          `json:"disabled,omitempty"`
	Reason    string        `json:"reason,omitempty"`  // given when disabled
	Deleted   time.Time     `json:"deleted,omitzero"`  // in the recycle bin since
	Deleter   string        `json:"deleter,omitempty"` // user name
	Notices   []wire.Notice `json:"notices,omitempty"`
	Builds    int           `json:"builds,omitempty"`     // number of the last build
	LastBuild time.Time     `json:"last_build,omitzero"`  // its start
	Commits   int           `json:"commits"`              // writes to this job, all kinds
	Changes   int           `json:"changes"`              // rows of its change history
	Repo      string        `json:"repository,omitempty"` // name of the first code source
}

func (j *job) live() bool { return j.Deleted.IsZero() }

// template is a build template of a user. Body is the item as created.
type template struct {
	UUID    string          `json:"uuid"`
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Body    *jsontree.Value `json:"body"`
	UserID  string          `json:"user_id"`
	User    string          `json:"user"`
	Domain  string          `json:"domain"`
	Account string          `json:"account"` // domain id
	Scope   string          `json:"-"`       // of templates that are not state; else custom
	Created time.Time       `json:"created"`
	Seq     int             `json:"seq"`
	Commits int             `json:"commits"`
}

// change is one row of a job's change history.
type change struct {
	Number int       `json:"number"`
	Kind   string    `json:"kind"` // CREATE, UPDATE, DELETE, DISABLE, RECOVER, NOTICE, RESTORE
	User   string    `json:"user"`
	UserID string    `json:"user_id"`
	Time   time.Time `json:"time"`
}

// token is an IAM token; the store knows only its hash.
type token struct {
	Hash    string    `json:"hash"`
	User    string    `json:"user"` // access key of the user
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
}

// state is everything that the service knows, backed by a store. Reading requires the emulator's
// read lock, a commit the write lock.
type state struct {
	disk      store
	seq       int
	jobs      map[string]*job
	byProject map[string][]*job // live jobs and those in the bin, in order of creation
	templates map[string]*template
	builds    map[string][]*build // by job, oldest first
	records   map[string]*build   // by record id
	tokens    map[string]*token
	files     map[string][]byte // keystore, by domain id + "/" + file name
	groups    map[string]*group
	writes    map[string]time.Time // last write by project
}

// The tables of the store.
const (
	tableJobs      = "jobs"
	tableBodies    = "bodies"
	tableTemplates = "templates"
	tableBuilds    = "builds"
	tableChanges   = "changes"
	tableTokens    = "tokens"
	tableFiles     = "files"
	tableGroups    = "groups"
	tableClock     = "clock"
)

var tables = []string{tableJobs, tableBodies, tableTemplates, tableBuilds, tableChanges, tableTokens, tableFiles, tableGroups, tableClock}

func loadState(disk store) (*state, error) {
	s := &state{
		disk: disk, jobs: map[string]*job{}, byProject: map[string][]*job{}, templates: map[string]*template{},
		builds: map[string][]*build{}, records: map[string]*build{},
		tokens: map[string]*token{}, files: map[string][]byte{}, groups: map[string]*group{}, writes: map[string]time.Time{},
	}
	var jobs []*job
	err := cmp.Or(
		loadTable(disk, tableJobs, func(j *job) { jobs = append(jobs, j) }),
		loadTable(disk, tableTemplates, s.putTemplate),
		loadTable(disk, tableBuilds, s.putBuild),
		loadTable(disk, tableTokens, s.putToken),
		loadTable(disk, tableGroups, s.putGroup),
		disk.each(tableFiles, func(key string, value []byte) error { s.files[key] = bytes.Clone(value); return nil }),
	)
	if err != nil {
		return nil, err
	}
	sortJobs(jobs)
	for _, j := range jobs {
		s.putJob(j)
	}
	return s, nil
}

// latest returns the newest time of any job or template.
func (s *state) latest() time.Time {
	var latest time.Time
	note := func(t time.Time) {
		if t.After(latest) {
			latest = t
		}
	}
	for _, j := range s.jobs {
		note(j.Created)
		note(j.Updated)
		note(j.Deleted)
		note(j.LastBuild)
	}
	for _, t := range s.templates {
		note(t.Created)
	}
	return latest
}

// sortJobs orders jobs as they were created.
func sortJobs(jobs []*job) {
	sort.Slice(jobs, func(i, k int) bool { return jobs[i].Seq < jobs[k].Seq })
}

func loadTable[T any](disk store, table string, put func(*T)) error {
	return disk.each(table, func(key string, value []byte) error {
		row := new(T)
		if err := json.Unmarshal(value, row); err != nil {
			return fmt.Errorf("reading the emulator's data: row %q of %s: %w", key, table, err)
		}
		put(row)
		return nil
	})
}

func (s *state) putJob(j *job) {
	s.seq = max(s.seq, j.Seq)
	s.writes[j.Project] = j.Updated
	old, known := s.jobs[j.ID]
	s.jobs[j.ID] = j
	list := s.byProject[j.Project]
	if !known {
		s.byProject[j.Project] = append(list, j)
		return
	}
	for i := range list {
		if list[i] == old {
			list[i] = j
			return
		}
	}
}

func (s *state) dropJob(id string) {
	j := s.jobs[id]
	if j == nil {
		return
	}
	delete(s.jobs, id)
	kept := s.byProject[j.Project][:0:0]
	for _, other := range s.byProject[j.Project] {
		if other != j {
			kept = append(kept, other)
		}
	}
	s.byProject[j.Project] = kept
	for _, b := range s.builds[id] {
		delete(s.records, b.Record)
	}
	delete(s.builds, id)
}

func (s *state) putTemplate(t *template) {
	s.seq = max(s.seq, t.Seq)
	s.templates[t.UUID] = t
}

func (s *state) putBuild(b *build) {
	if known := s.records[b.Record]; known != nil {
		*known = *b
		return
	}
	s.records[b.Record] = b
	s.builds[b.Job] = append(s.builds[b.Job], b)
}

func (s *state) putToken(t *token) { s.tokens[t.Hash] = t }

// body returns a copy of a job's stored body.
func (s *state) body(id string) (*jsontree.Value, error) {
	data, err := s.disk.get(tableBodies, id)
	if err != nil {
		return nil, err
	}
	body, err := jsontree.Parse(data, jsontree.Limits{})
	if err != nil {
		return nil, fmt.Errorf("reading the emulator's data: body of job %s: %w", id, err)
	}
	return body, nil
}

// change reads one row of a job's change history, by its number from 1.
func (s *state) change(id string, number int) (*change, error) {
	data, err := s.disk.get(tableChanges, changeKey(id, number))
	if err != nil {
		return nil, err
	}
	row := &change{}
	if err := json.Unmarshal(data, row); err != nil {
		return nil, fmt.Errorf("reading the emulator's data: change %d of job %s: %w", number, id, err)
	}
	return row, nil
}

// liveJob returns the live job of an id, nil if there is none.
func (s *state) liveJob(id string) *job {
	if j := s.jobs[id]; j != nil && j.live() {
		return j
	}
	return nil
}

// customTemplates returns a user account's templates, newest first.
func (s *state) customTemplates(account string) []*template {
	var list []*template
	for _, t := range s.templates {
		if t.Account == account {
			list = append(list, t)
		}
	}
	sort.Slice(list, func(i, k int) bool { return list[i].Seq > list[k].Seq })
	return list
}
