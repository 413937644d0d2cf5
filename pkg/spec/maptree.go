package spec

import (
	"fmt"
	"io/fs"
	"path"

	"github.com/bmatcuk/doublestar/v4"
)

// MapTree is a workspace in memory, by name: for tests, and for what comes from
// standard input.
type MapTree map[string]string

// ReadFile returns the text of a name.
func (t MapTree) ReadFile(name string, limit int64) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	text, there := t[path.Clean(name)]
	switch {
	case !there:
		return nil, fmt.Errorf("reading %s: there is no such file in %s: %w", quoted(name), t.Describe(), fs.ErrNotExist)
	case int64(len(text)) > limit:
		return nil, &TooLargeError{Name: name, Limit: limit}
	}
	return []byte(text), nil
}

// Glob returns the names that match a pattern, sorted.
func (t MapTree) Glob(patterns []string) ([]string, error) {
	var names []string
	for _, pattern := range patterns {
		if err := CheckName(pattern); err != nil {
			return nil, fmt.Errorf("the pattern %s: %w", quoted(pattern), err)
		}
		for name := range t {
			match, err := doublestar.Match(path.Clean(pattern), name)
			if err != nil {
				return nil, fmt.Errorf("the pattern %s is malformed: %w", quoted(pattern), err)
			}
			if match {
				names = append(names, name)
			}
		}
	}
	return sortedNames(names), nil
}

// Describe says that the files are in memory.
func (t MapTree) Describe() string { return "memory" }
