package record

import (
	"maps"
	"slices"
)

// Declares reports whether the definitions at a commit declare an object.
type Declares func(commit, address string) bool

// Update says how a record changes.
type Update struct {
	Old    *Record // nil: there was none
	Commit string  // that was applied
	// States are the objects of which something is known: all that Commit or the
	// old record's commits declare.
	States map[string]State
	// Part says that other runs apply the other parts of Commit: then Commit becomes
	// the common commit at once, so that the records of the parts merge to it alone.
	Part     bool
	Declares Declares
}

// Record returns the record after the update: of the two commits that may be the
// common one it takes that which leaves fewer exceptions.
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

// around returns the record whose common commit is commit.
func (u Update) around(commit string) *Record {
	r := &Record{Version: Version, Commit: commit}
	for _, address := range slices.Sorted(maps.Keys(u.States)) {
		s := u.States[address]
		there := s.Commit != "" && u.Declares(s.Commit, address)
		if !there {
			s.Found, s.Unproven, s.Spelled = false, false, false
		}
		// What neither commit declares is in no base, whichever it is at.
		r.set(address, s, s.Commit != commit && (there || u.Declares(commit, address)))
	}
	return r
}

// Begin returns old with a note that objects are about to be written at commit,
// and that smoke builds of some are due.
func Begin(old *Record, commit string, addresses, smoked []string) *Record {
	r := &Record{Version: Version}
	if old != nil {
		*r = *old
	}
	r.Tried = maps.Clone(r.Tried)
	if r.Tried == nil {
		r.Tried = map[string][]string{}
	}
	for _, address := range addresses {
		r.Tried[address] = With(r.Tried[address], commit)
	}
	r.Unproven = sorted(append(slices.Clone(r.Unproven), smoked...))
	return r
}

// With returns commits with one more, the newest last.
func With(commits []string, more ...string) []string {
	out := slices.Clone(commits)
	for _, commit := range more {
		if commit != "" && !slices.Contains(out, commit) {
			out = append(out, commit)
		}
	}
	return out
}
