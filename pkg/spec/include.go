package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"
)

// ReadInclude returns the text for {$file: name} in the file fromFile. name is relative to the
// workspace. The file must lie inside it once links are resolved, be UTF-8 without NUL, and have at
// most MaxFileBytes. A leading byte-order mark is dropped.
func ReadInclude(tree Tree, fromFile, name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	clean := path.Clean(name)
	text, err := tree.ReadFile(clean, MaxFileBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w%s", err, includeHint(tree, fromFile, clean))
	}
	if err != nil {
		return "", err
	}
	text = bytes.TrimPrefix(text, byteOrderMark)
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return "", fmt.Errorf("reading %s: it holds a NUL character at byte %d, so it is not text", quoted(name), bytes.IndexByte(text, 0))
	case !utf8.Valid(text):
		return "", fmt.Errorf("reading %s: it is not valid UTF-8; save it as UTF-8", quoted(name))
	}
	return string(text), nil
}

// includeHint suggests a file for a name that is relative to fromFile or misspelt.
func includeHint(tree Tree, fromFile, name string) string {
	beside := path.Join(path.Dir(fromFile), name)
	if beside != name && !strings.HasPrefix(beside, "..") {
		if _, err := tree.ReadFile(beside, MaxFileBytes); err == nil {
			return "; paths are relative to the workspace: write " + quoted(beside)
		}
	}
	if near := nearestFile(tree, name); near != "" {
		return WithSuggestion("", near)
	}
	return ""
}

// nearestFile returns the file in the same folder that name most likely means, "" if none is close.
func nearestFile(tree Tree, name string) string {
	folder, base := path.Split(name)
	if strings.ContainsAny(folder, `*?[]{}\`) {
		return ""
	}
	names, err := tree.Glob([]string{folder + "*"})
	if err != nil {
		return ""
	}
	for i := range names {
		names[i] = path.Base(names[i])
	}
	if near := Nearest(base, names); near != "" {
		return folder + near
	}
	return ""
}
