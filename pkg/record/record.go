// Package record stores what was applied: for each object the commit whose definition was last
// written and verified, or found in step. It is one small JSON file in a separate commit that a ref
// names: one ref for each environment, endpoint and workspace folder. Git alone can fetch, push and
// show it.
//
// A record contains only commit ids and addresses of objects: no body, no secret, and no person's
// name except in its commits.
package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"sync"
)

// File is the name of the one file in a record's commit.
const File = "buildsync-applied.json"

// formatVersion is the version of the format that this program writes.
const formatVersion = 1

// maxSize bounds a record, in bytes: 100,000 exceptions of long names fit.
const maxSize = 64 << 20

// Record is the applied record of one endpoint and workspace folder. Most objects are at Commit;
// the others are listed.
type Record struct {
	Version int `json:"version"`

	// Commit is the commit of every object that Except does not list.
	Commit string `json:"commit"`
	// Except has the commits of the objects that are not at Commit; null: the object was never
	// applied.
	Except map[string]*string `json:"except,omitempty"`
	// Tried has commits at which a run began to write an object without a known end: the run was
	// killed, or the answer was lost.
	Tried map[string][]string `json:"tried,omitempty"`
	// Found lists the objects that were found in step and never written from here.
	Found []string `json:"found,omitempty"`
	// Unproven lists the objects whose smoke build has not succeeded yet.
	Unproven []string `json:"unproven,omitempty"`
	// Spelled lists the objects that the service stores in another spelling than sent.
	Spelled []string `json:"spelled,omitempty"`
	// Rewritten has the paths of fields that the service stored with another meaning than sent.
	Rewritten map[string][]string `json:"rewritten,omitempty"`
}

// State is the record of one object.
type State struct {
	Commit   string   // "": never applied
	Tried    []string // commits at which it may have been written
	Found    bool     // in step when first seen, and never written from here
	Unproven bool     // its smoke build has not succeeded yet
	Spelled  bool     // the service stores it in another spelling than sent

	Rewritten []string // paths of fields that the service stored with another meaning than sent
}

// commitID matches the id of a commit in either object format.
var commitID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`) })

// Parse reads a record. A damaged one is an error, because a guess could remove jobs.
func Parse(text []byte) (*Record, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("it has %d bytes, more than %d", len(text), maxSize)
	}
	var version struct{ Version int }
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if version.Version != formatVersion {
		return nil, fmt.Errorf("it has version %d, and this program reads %d", version.Version, formatVersion)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	r := &Record{}
	if err := decoder.Decode(r); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("text follows its end")
	}
	for _, commit := range r.commits() {
		if !commitID().MatchString(commit) {
			return nil, fmt.Errorf("%.80q is not the id of a commit", commit)
		}
	}
	return r, nil
}

// Encode returns the canonical text of the record.
func (r *Record) Encode() ([]byte, error) {
	out := *r
	out.Version = formatVersion
	out.Found, out.Unproven, out.Spelled = sorted(r.Found), sorted(r.Unproven), sorted(r.Spelled)
	out.Tried = map[string][]string{}
	for address, commits := range r.Tried {
		if len(commits) > 0 {
			out.Tried[address] = commits
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return nil, fmt.Errorf("encoding the record: %w", err)
	}
	return text.Bytes(), nil
}

func sorted(names []string) []string {
	out := slices.Clone(names)
	slices.Sort(out)
	return slices.Compact(out)
}

// Of returns the state of the object at address. A nil record means that nothing was applied.
func (r *Record) Of(address string) State {
	if r == nil {
		return State{}
	}
	s := State{Commit: r.Commit, Tried: r.Tried[address],
		Found: slices.Contains(r.Found, address), Unproven: slices.Contains(r.Unproven, address), Spelled: slices.Contains(r.Spelled, address),
		Rewritten: r.Rewritten[address]}
	if own, listed := r.Except[address]; listed {
		s.Commit = ""
		if own != nil {
			s.Commit = *own
		}
	}
	return s
}

// Listed returns the addresses that r lists, sorted.
func (r *Record) Listed() []string {
	if r == nil {
		return nil
	}
	all := map[string]bool{}
	for address := range r.Except {
		all[address] = true
	}
	for address := range r.Tried {
		all[address] = true
	}
	for address := range r.Rewritten {
		all[address] = true
	}
	for _, address := range slices.Concat(r.Found, r.Unproven, r.Spelled) {
		all[address] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// commits returns the commits that r names, the common one first.
func (r *Record) commits() []string {
	if r == nil {
		return nil
	}
	var out []string
	add := func(commit string) {
		if commit != "" && !slices.Contains(out, commit) {
			out = append(out, commit)
		}
	}
	add(r.Commit)
	for _, address := range r.Listed() {
		if own := r.Except[address]; own != nil {
			add(*own)
		}
		for _, commit := range r.Tried[address] {
			add(commit)
		}
	}
	return out
}

// set stores s for address. If except is true, its commit is listed as an exception.
func (r *Record) set(address string, s State, except bool) {
	if except {
		var own *string
		if s.Commit != "" {
			own = &s.Commit
		}
		if r.Except == nil {
			r.Except = map[string]*string{}
		}
		r.Except[address] = own
	}
	if len(s.Tried) > 0 {
		if r.Tried == nil {
			r.Tried = map[string][]string{}
		}
		r.Tried[address] = s.Tried
	}
	if s.Found {
		r.Found = append(r.Found, address)
	}
	if s.Unproven {
		r.Unproven = append(r.Unproven, address)
	}
	if s.Spelled {
		r.Spelled = append(r.Spelled, address)
	}
	if len(s.Rewritten) > 0 {
		if r.Rewritten == nil {
			r.Rewritten = map[string][]string{}
		}
		r.Rewritten[address] = sorted(s.Rewritten)
	}
}
