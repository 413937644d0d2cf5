package spec

import (
	"path"

	"github.com/bmatcuk/doublestar/v4"
)

// MapTree is a workspace in memory: texts by name. It serves tests and standard input.
type MapTree map[string]string

// ReadFile returns the text of a name.
func (t MapTree) ReadFile(name string, limit int64) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	text, there := t[path.Clean(name)]
	switch {
	case !there:
		return nil, noSuchFile(name, t)
	case int64(len(text)) > limit:
		return nil, &TooLargeError{Name: name, Limit: limit}
	}
	return []byte(text), nil
}

// Glob returns the names that match a pattern, sorted.
func (t MapTree) Glob(patterns []string) ([]string, error) {
	var names []string
	for _, pattern := range patterns {
		if err := checkPattern(pattern); err != nil {
			return nil, err
		}
		for name := range t {
			if doublestar.MatchUnvalidated(path.Clean(pattern), name) {
				names = append(names, name)
			}
		}
	}
	return sortedNames(names), nil
}

// Describe says that the files are in memory.
func (t MapTree) Describe() string { return "memory" }
