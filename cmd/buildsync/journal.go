package main

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

// openJournal begins the journal of a run in the workspace's state folder.
func (in *invocation) openJournal(p *planning) (*apply.Journal, error) {
	name := fmt.Sprintf("journal-%s-%d.jsonl", time.Now().UTC().Format("20060102T150405.000"), os.Getpid())
	file, err := stateFile(p.w.dir, name)
	if err != nil {
		return nil, err
	}
	journal, err := apply.CreateJournal(file, p.service.name, p.plan.PlanID)
	if err != nil {
		return nil, fmt.Errorf("%w; nothing was sent", err)
	}
	in.dropOldJournals(filepath.Dir(file))
	return journal, nil
}

// journalsIn lists the journals of a folder, oldest first. The folder is never
// part of the pattern, since its own name may hold a bracket.
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

// dropOldJournals keeps the newest ones. Nothing depends on the others, so a
// failure is only mentioned.
func (in *invocation) dropOldJournals(folder string) {
	names, err := journalsIn(folder)
	if err != nil || len(names) <= keptJournals {
		return
	}
	for _, name := range names[:len(names)-keptJournals] {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			in.Note("%v", err)
		}
	}
}

// earlierJournal reads the journal of the last run against the same endpoint:
// it helps to finish what that run had begun. Without one nothing is lost.
func (in *invocation) earlierJournal(p *planning) []apply.JournalEntry {
	names, err := journalsIn(filepath.Join(p.w.dir, stateFolder))
	if err != nil {
		return nil
	}
	foreign := false
	for _, name := range slices.Backward(names) {
		entries, warning, err := readJournal(name, p.service.name)
		switch {
		case errors.Is(err, apply.ErrForeignJournal):
			foreign = true
			continue
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			in.Note("the journal of the last run is not used: %v", err)
			return nil
		case warning != "":
			in.Note("the journal of the last run: %s", warning)
		}
		return entries
	}
	if foreign {
		p.revisions.notes = append(p.revisions.notes, fmt.Sprintf("the journals in %s are of other endpoints, so none is used", stateFolder))
	}
	return nil
}

func readJournal(name, endpoint string) (entries []apply.JournalEntry, warning string, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	return apply.ReadJournal(file, endpoint)
}
