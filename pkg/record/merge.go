package record

import (
	"slices"
)

// Newer reports whether commit a has b among its ancestors.
type Newer func(a, b string) (bool, error)

// Merge merges two records with the common ancestor base, object by object. What only one side
// changed is taken from it. If both did, the object may be at either commit, and the live state
// decides in the next plan.
func Merge(base, ours, theirs *Record, newer Newer) (*Record, error) {
	common, err := mergeState(base.Of(""), ours.Of(""), theirs.Of(""), newer)
	if err != nil {
		return nil, err
	}
	out := &Record{Version: formatVersion, Commit: common.Commit}
	addresses := slices.Concat(base.Listed(), ours.Listed(), theirs.Listed())
	for _, address := range sorted(addresses) {
		s, err := mergeState(base.Of(address), ours.Of(address), theirs.Of(address), newer)
		if err != nil {
			return nil, err
		}
		out.set(address, s, s.Commit != common.Commit)
	}
	return out, nil
}

func mergeState(base, ours, theirs State, newer Newer) (State, error) {
	switch {
	case ours.equal(theirs), base.equal(theirs):
		return ours, nil
	case base.equal(ours):
		return theirs, nil
	}
	out := State{
		Commit:   ours.Commit,
		Tried:    With(kept(base, ours, theirs), kept(base, theirs, ours)...),
		Found:    ours.Found && theirs.Found,
		Unproven: ours.Unproven && theirs.Unproven,
		Spelled:  ours.Spelled || theirs.Spelled,

		Rewritten: ours.Rewritten,
	}
	switch {
	case ours.Commit == theirs.Commit:
		out.Rewritten = sorted(slices.Concat(ours.Rewritten, theirs.Rewritten))
		return out, nil
	case theirs.Commit == base.Commit:
		return out, nil
	case ours.Commit == base.Commit:
		out.Commit, out.Rewritten = theirs.Commit, theirs.Rewritten
		return out, nil
	}
	// Both were applied; the later commit is more likely.
	older := theirs.Commit
	if ours.Commit == "" {
		out.Commit, out.Rewritten, older = theirs.Commit, theirs.Rewritten, ""
	} else if theirs.Commit != "" {
		later, err := newer(theirs.Commit, ours.Commit)
		if err != nil {
			return State{}, err
		}
		if later {
			out.Commit, out.Rewritten, older = theirs.Commit, theirs.Rewritten, ours.Commit
		}
	}
	out.Tried = With(out.Tried, older)
	return out, nil
}

// kept returns the commits that one side tried, without those whose end the other side knows.
func kept(base, one, other State) []string {
	return slices.DeleteFunc(slices.Clone(one.Tried), func(commit string) bool {
		return slices.Contains(base.Tried, commit) && !slices.Contains(other.Tried, commit)
	})
}

func (s State) equal(t State) bool {
	return s.Commit == t.Commit && s.Found == t.Found && s.Unproven == t.Unproven && s.Spelled == t.Spelled && slices.Equal(s.Tried, t.Tried) && slices.Equal(s.Rewritten, t.Rewritten)
}
