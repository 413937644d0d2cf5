// Package jobs finds live jobs, builds and templates by the words that people
// use for them, and follows builds to their end. It needs no definitions.
package jobs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Project is a CodeArts project by its id, and by its alias if it has one.
type Project struct {
	ID    string
	Alias string
}

func (p Project) String() string {
	if p.Alias != "" {
		return p.Alias
	}
	return p.ID
}

// Ref is a live job that a word named.
type Ref struct {
	ID        string
	ProjectID string        // "" if nothing names it
	Name      string        // "" if only the id was given
	Item      *wire.JobItem // its row of the listing; nil if only the id was given
}

func (r Ref) String() string {
	if r.Name != "" {
		return r.Name
	}
	return r.ID
}

// Build is a build that words named.
type Build struct {
	Job    Ref
	Number int    // 0 if the record was named
	Record string // "" if it has not been read
}

func (b Build) String() string {
	if b.Number == 0 {
		return "build record " + b.Record
	}
	return fmt.Sprintf("build %d of %s", b.Number, b.Job)
}

// InputError says that a word or a choice of the caller names nothing, or more
// than one thing.
type InputError struct{ Text string }

func (e *InputError) Error() string { return e.Text }

func wrongInput(format string, args ...any) error {
	return &InputError{Text: fmt.Sprintf(format, args...)}
}

// UnsureError says that a build goes on, or has ended without success, or that
// nobody knows.
type UnsureError struct{ Err error }

func (e *UnsureError) Error() string { return e.Err.Error() }
func (e *UnsureError) Unwrap() error { return e.Err }

// near returns the hint to the name that was probably meant, "" if none is near.
func near(word string, names []string) string {
	return spec.WithSuggestion("", spec.Nearest(word, names))
}

// nearOrAll is near, or all names if none is near.
func nearOrAll(word string, names []string, all string) string {
	hint := near(word, names)
	if hint == "" && len(names) > 0 {
		hint = "; " + all + strings.Join(names, ", ")
	}
	return hint
}

// absent says that a listing has no object of a name. A listing with a problem
// does not hold everything.
func absent(text, word string, names []string, problem string) error {
	text += near(word, names)
	if problem != "" {
		text += "; the service's list is incomplete, so it may exist all the same: " + problem
	}
	return errors.New(text)
}

// RecordOf returns the id for a build's log.
func RecordOf(record wire.Record) string {
	if record.ID != "" {
		return record.ID
	}
	return record.BuildRecordID
}
