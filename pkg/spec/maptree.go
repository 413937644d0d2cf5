package spec

import (
	"path"
)

// MapTree is a workspace in memory: texts by name. It serves tests and standard input.
type MapTree map[string]string

// ReadFile returns the text of a name.
func (t MapTree) ReadFile(name string, limit int64) ([]byte, error) {
	return readFrom(t, t, name, limit)
}

// Glob returns the names that match a pattern, sorted.
func (t MapTree) Glob(patterns []string) ([]string, error) { return matching(t, patterns) }

// Describe says that the files are in memory.
func (t MapTree) Describe() string { return "memory" }

// readFrom reads a name from the files of a tree in memory.
func readFrom[T string | []byte](tree Tree, files map[string]T, name string, limit int64) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	text, there := files[path.Clean(name)]
	switch {
	case !there:
		return nil, noSuchFile(name, tree)
	case int64(len(text)) > limit:
		return nil, &TooLargeError{Name: name, Limit: limit}
	}
	return []byte(text), nil
}

// matching returns the names of files in memory that match a pattern, sorted.
func matching[T any](files map[string]T, patterns []string) ([]string, error) {
	var names []string
	for _, pattern := range patterns {
		if err := CheckPattern(pattern); err != nil {
			return nil, err
		}
	}
	for name := range files {
		if Match(patterns, name) {
			names = append(names, name)
		}
	}
	return sortedNames(names), nil
}
