package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
)

// keptJournals is how many journals of earlier runs stay in .buildsync.
const keptJournals = 20

// journalPattern matches the journals of a workspace, whose names sort by time.
const journalPattern = "journal-*.jsonl"

// OpenJournal creates the journal of a run in the workspace's state folder. old is the error of
// removing an old journal, which does no harm.
func OpenJournal(dir, endpoint, planID string) (journal *apply.Journal, old, err error) {
	name := fmt.Sprintf("journal-%s-%d.jsonl", time.Now().UTC().Format("20060102T150405.000"), os.Getpid())
	file, err := StateFile(dir, name)
	if err != nil {
		return nil, nil, err
	}
	if journal, err = apply.CreateJournal(file, endpoint, planID); err != nil {
		return nil, nil, fmt.Errorf("%w; nothing was sent", err)
	}
	return journal, dropOldJournals(filepath.Dir(file)), nil
}

// journalsIn lists the journals of a folder, oldest first. It does not use a pattern with the
// folder, since its name may contain a bracket.
func journalsIn(folder string) ([]string, error) {
	names, err := fs.Glob(os.DirFS(folder), journalPattern)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = filepath.Join(folder, name)
	}
	return names, nil
}

// dropOldJournals removes all but the newest.
func dropOldJournals(folder string) error {
	names, err := journalsIn(folder)
	if err != nil || len(names) <= keptJournals {
		return nil
	}
	var problems []error
	for _, name := range names[:len(names)-keptJournals] {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// ErrForeignJournals means that all earlier runs were against other endpoints.
var ErrForeignJournals = errors.New("the journals in " + StateFolder + " are of other endpoints, so none is used")

// EarlierJournal reads the journal of the last run against the same endpoint. It helps to finish
// what that run began, but is not needed: err only explains why there is none, warning that it is
// damaged.
func EarlierJournal(dir, endpoint string) (entries []apply.JournalEntry, warning string, err error) {
	names, err := journalsIn(filepath.Join(dir, StateFolder))
	if err != nil {
		return nil, "", nil //nolint:nilerr // there is none
	}
	foreign := false
	for _, name := range slices.Backward(names) {
		entries, warning, err := readJournal(name, endpoint)
		switch {
		case errors.Is(err, apply.ErrForeignJournal):
			foreign = true
			continue
		case errors.Is(err, fs.ErrNotExist):
			continue
		}
		return entries, warning, err
	}
	if foreign {
		return nil, "", ErrForeignJournals
	}
	return nil, "", nil
}

func readJournal(name, endpoint string) (entries []apply.JournalEntry, warning string, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	return apply.ReadJournal(file, endpoint)
}
