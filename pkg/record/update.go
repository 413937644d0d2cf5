package record

import (
	"maps"
	"slices"
)

// Declares reports whether the definitions at a commit declare an object.
type Declares func(commit, address string) bool

// Update is a change of a record.
type Update struct {
	Old    *Record // nil: there was none
	Commit string  // that was applied
	// States has the objects with a known state: all that Commit or the old record's commits
	// declare.
	States map[string]State
	// Part means that other runs apply the other parts of Commit. Commit then becomes the common
	// commit at once, so that the records of the parts merge to it.
	Part     bool
	Declares Declares
}

// Record returns the record after the update. Of the two possible common commits it takes the one
// with fewer exceptions.
func (u Update) Record() *Record {
	next := u.around(u.Commit)
	if u.Old == nil || u.Old.Commit == "" || u.Old.Commit == u.Commit || u.Part {
		return next
	}
	if old := u.around(u.Old.Commit); len(old.Except) < len(next.Except) {
		return old
	}
	return next
}

// around returns the record with commit as the common commit.
func (u Update) around(commit string) *Record {
	r := &Record{Version: formatVersion, Commit: commit}
	for _, address := range slices.Sorted(maps.Keys(u.States)) {
		s := u.States[address]
		there := s.Commit != "" && u.Declares(s.Commit, address)
		if !there {
			s.Found, s.Unproven, s.Spelled, s.Rewritten = false, false, false, nil
		}
		// An object that neither commit declares is in no base.
		r.set(address, s, s.Commit != commit && (there || u.Declares(commit, address)))
	}
	return r
}

// Writing has the objects that a run is about to write.
type Writing struct {
	Objects []string
	Smoked  []string // those that need a smoke build
	Found   []string // those that were live before anything was applied
}

// Begin returns old with a note of what is about to be written at commit.
func Begin(old *Record, commit string, w Writing) *Record {
	r := &Record{Version: formatVersion}
	if old != nil {
		*r = *old
	}
	r.Tried = maps.Clone(r.Tried)
	if r.Tried == nil {
		r.Tried = map[string][]string{}
	}
	for _, address := range w.Objects {
		r.Tried[address] = With(r.Tried[address], commit)
	}
	r.Found = sorted(append(slices.Clone(r.Found), w.Found...))
	r.Unproven = sorted(append(slices.Clone(r.Unproven), w.Smoked...))
	return r
}

// With returns commits with more appended, newest last.
func With(commits []string, more ...string) []string {
	out := slices.Clone(commits)
	for _, commit := range more {
		if commit != "" && !slices.Contains(out, commit) {
			out = append(out, commit)
		}
	}
	return out
}
