package apply

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/diff"
)

// writtenJournal returns the bytes of a journal with one ended entry and one under way.
func writtenJournal(t *testing.T, endpoint string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := CreateJournal(path, endpoint, "sha256:1")
	if err != nil {
		t.Fatal(err)
	}
	j.now = func() time.Time { return time.Unix(1700000000, 0) }
	for _, e := range []JournalEntry{
		{Phase: phaseIntent, Op: diff.ActionCreate, Kind: diff.KindJob, Key: "shop/job/a", Name: "a"},
		{Phase: phaseOutcome, Op: diff.ActionCreate, Kind: diff.KindJob, Key: "shop/job/a", Name: "a", Outcome: Applied},
		{Phase: phaseIntent, Op: diff.ActionReplace, Kind: diff.KindTemplate, Key: "shop/template/t", Name: "t", ID: "old"},
	} {
		if err := j.append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("the journal's mode is %o, want 600", got)
	}
	if _, err := CreateJournal(path, endpoint, "sha256:1"); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second journal of one name: %v, want that it exists", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestJournalIsReadBack(t *testing.T) {
	t.Parallel()
	data := writtenJournal(t, "https://one")
	entries, warning, err := ReadJournal(bytes.NewReader(data), "https://one")
	if err != nil || warning != "" {
		t.Fatalf("reading: warning %q, error %v", warning, err)
	}
	var open []string
	for _, e := range underWay(entries) {
		open = append(open, e.Key)
	}
	if diff := cmp.Diff([]string{"shop/template/t"}, open); diff != "" {
		t.Errorf("under way (-want +got):\n%s", diff)
	}
}

// TestDamagedJournalYieldsAPrefix checks that a damaged journal is read up to the damage.
func TestDamagedJournalYieldsAPrefix(t *testing.T) {
	t.Parallel()
	data := writtenJournal(t, "https://one")
	whole, _, _ := ReadJournal(bytes.NewReader(data), "https://one")
	prefix := func(t *testing.T, at int, damaged []byte) {
		t.Helper()
		entries, _, err := ReadJournal(bytes.NewReader(damaged), "https://one")
		if err != nil {
			t.Fatalf("at byte %d: %v", at, err)
		}
		if len(entries) > len(whole) || !slices.Equal(entries, whole[:len(entries)]) {
			t.Errorf("at byte %d: not a prefix: %+v", at, entries)
		}
	}
	for at := range data {
		prefix(t, at, data[:at])
		flipped := bytes.Clone(data)
		flipped[at] ^= 0x10
		prefix(t, at, flipped)
	}
}

func TestForeignJournalIsIgnored(t *testing.T) {
	t.Parallel()
	data := writtenJournal(t, "https://one")
	tests := map[string]struct {
		data     []byte
		endpoint string
		warning  string
		err      error
	}{
		"another endpoint": {data, "https://two", "", ErrForeignJournal},
		"another version":  {otherVersion(t), "https://one", "version", nil},
		"empty":            {nil, "https://one", "", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, warning, err := ReadJournal(bytes.NewReader(test.data), test.endpoint)
			if !errors.Is(err, test.err) || len(entries) != 0 || !strings.Contains(warning, test.warning) {
				t.Errorf("got %d entries, warning %q, error %v; want none, %q and %v", len(entries), warning, err, test.warning, test.err)
			}
		})
	}
}

// TestMade checks that a journal knows what its run and the runs before it created, and nothing that
// was there.
func TestMade(t *testing.T) {
	t.Parallel()
	ended := func(op diff.Action, kind diff.Kind, id string, outcome Outcome) JournalEntry {
		return JournalEntry{Phase: phaseOutcome, Op: op, Kind: kind, ID: id, Outcome: outcome}
	}
	entries := []JournalEntry{
		{Phase: phaseBegin}, {Phase: phaseMade, Op: diff.ActionCreate, Body: `["earlier"]`}, {Phase: phaseMade, Body: "damaged"},
		{Phase: phaseIntent, Op: diff.ActionCreate, Kind: diff.KindJob},
		ended(diff.ActionCreate, diff.KindJob, "job", Applied), ended(diff.ActionCreate, diff.KindTemplate, "template", Applied),
		ended(diff.ActionCreate, diff.KindJob, "", Applied), ended(diff.ActionCreate, diff.KindJob, "was there", Unchanged), ended(diff.ActionCreate, diff.KindJob, "refused", Failed),
		ended(diff.ActionUpdate, diff.KindJob, "updated", Applied), ended(diff.ActionCreate, diff.KindNotification, "job2", Applied),
	}
	if got, want := made(entries), map[string]bool{"earlier": true, "job": true, "template": true}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	entries[1].Op = ""
	if got, want := made(entries), map[string]bool{"earlier": true}; !maps.Equal(got, want) {
		t.Errorf("a recorded run: %v, want %v", got, want)
	}
}

func otherVersion(t *testing.T) []byte {
	t.Helper()
	line, err := JournalEntry{Version: journalVersion + 1, Seq: 1, Phase: phaseBegin, Endpoint: "https://one"}.line()
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func FuzzReadJournal(f *testing.F) {
	f.Add([]byte(`{"v":1,"seq":1,"phase":"begin","crc":"00000000"}` + "\n"))
	f.Add([]byte("\x00\n{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, _, err := ReadJournal(bytes.NewReader(data), "https://one")
		if err != nil {
			return
		}
		for i, e := range entries {
			bare := e
			bare.CRC = ""
			text, err := json.Marshal(bare)
			if sum := fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)); err != nil || sum != e.CRC || e.Seq != i+1 {
				t.Fatalf("entry %d was accepted with a wrong checksum or number: %+v", i, e)
			}
		}
	})
}
