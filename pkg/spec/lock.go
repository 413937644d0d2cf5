package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/buildsync/buildsync/pkg/remedy"
)

// Lock is what was copied of each source.
type Lock struct {
	Sources map[string]Locked
}

// Locked is what was copied of one source.
type Locked struct {
	Git, Ref, Path, Commit string
	Files                  map[string]string // by the name in the folder, the SHA-256 in hexadecimal digits
	At                     Range
}

// Of reports whether l was made of s as it is declared now.
func (l *Locked) Of(s *Source) bool { return l.Git == s.Git && l.Ref == s.Ref && l.Path == s.Path }

// ReadLock reads the lock file; the lock is empty if there is none. What of it
// cannot be what Encode wrote is reported and left out.
func ReadLock(tree Tree) (*Lock, Diagnostics) {
	lock := &Lock{Sources: map[string]Locked{}}
	text, err := tree.ReadFile(LockFile, 4*MaxFileBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return lock, nil
	}
	if err != nil {
		return lock, Diagnostics{unreadableFile(LockFile, err)}
	}
	root, found := ParseFile(LockFile, text)
	if found.HasErrors() || root == nil || root.Str("version") != "1" || ofKind(root.Get("sources"), MappingNode) == nil {
		return lock, Diagnostics{lockError(Range{Start: Pos{File: LockFile, Line: 1, Column: 1}, End: Pos{File: LockFile, Line: 1, Column: 1}}, "the lock file cannot be read")}
	}
	found = nil
	for _, f := range root.Get("sources").Fields {
		if !sourceName().MatchString(f.Key.Text) {
			found = append(found, lockError(f.Key.Range, "%s is not the name of a source", quoted(f.Key.Text)))
			continue
		}
		l, wrong := decodeLocked(f)
		if found = append(found, wrong...); len(wrong) == 0 {
			lock.Sources[f.Key.Text] = l
		}
	}
	found.Sort()
	return lock, found
}

var (
	// sourceName matches what buildsync.yaml takes for the name of a source.
	sourceName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`) })
	// commitID matches the full id of a commit.
	commitID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`) })
	// fileSum matches the sum of a file.
	fileSum = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`) })
)

// IsCommitID reports whether text is the full id of a commit.
func IsCommitID(text string) bool { return commitID().MatchString(text) }

// decodeLocked reads what the lock says of one source.
func decodeLocked(f Field) (l Locked, found Diagnostics) {
	n := f.Value
	l = Locked{Git: n.Str("git"), Ref: n.Str("ref"), Path: path.Clean(n.Str("path")), Commit: n.Str("commit"), Files: map[string]string{}, At: f.Key.Range}
	if !IsCommitID(l.Commit) {
		at := f.Key.Range
		if commit := n.Get("commit"); commit != nil {
			at = commit.Range
		}
		found = append(found, lockError(at, "the commit of the source %s is not the full id of a commit", quoted(f.Key.Text)))
	}
	files := ofKind(n.Get("files"), MappingNode)
	if files == nil {
		return l, append(found, lockError(f.Key.Range, "no files are named for the source %s", quoted(f.Key.Text)))
	}
	for _, file := range files.Fields {
		if err := CheckPortableName(file.Key.Text); err != nil {
			found = append(found, lockError(file.Key.Range, "the source %s cannot have such a file: %s", quoted(f.Key.Text), err))
		} else if !fileSum().MatchString(file.Value.Text) {
			found = append(found, lockError(file.Value.Range, "this is not the sum of a file"))
		}
		l.Files[file.Key.Text] = strings.TrimPrefix(file.Value.Text, "sha256:")
	}
	return l, found
}

func lockError(at Range, format string, args ...any) Diagnostic {
	return vendorError(at, string(remedy.VendorLock), format, args...)
}

// reservedNames are those under which Windows knows devices, whatever their
// ending is.
var reservedNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\x{b9}\x{b2}\x{b3}]) *(\.|$)`)
})

// longestPart is how many bytes every system takes in one part of a name.
const longestPart = 255

// CheckPortableName refuses the name of a file that not every system can hold, or
// that leaves its folder.
func CheckPortableName(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	refuse := func(why string) error { return fmt.Errorf("%s %s", quoted(name), why) }
	if strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
		return refuse("holds a character that does not print")
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "" || part == ".":
			return refuse("is not written in its shortest form")
		case strings.ContainsAny(part, `<>:"|?*`):
			return refuse(`holds one of <>:"|?*, which Windows cannot hold`)
		case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
			return refuse("ends in a dot or a blank, which Windows cannot hold")
		case reservedNames().MatchString(part):
			return refuse("has the name of a device of Windows")
		case len(part) > longestPart:
			return refuse("is too long")
		}
	}
	return nil
}

// Encode writes the lock.
func (l *Lock) Encode() []byte {
	var out strings.Builder
	out.WriteString("# Written by " + string(remedy.VendorCommand) + ". Do not edit.\nversion: 1\nsources:")
	if len(l.Sources) == 0 {
		out.WriteString(" {}")
	}
	out.WriteString("\n")
	for _, name := range slices.Sorted(maps.Keys(l.Sources)) {
		s := l.Sources[name]
		fmt.Fprintf(&out, "  %q:\n    git: %q\n    ref: %q\n    path: %q\n    commit: %q\n    files:\n", name, s.Git, s.Ref, s.Path, s.Commit)
		for _, file := range slices.Sorted(maps.Keys(s.Files)) {
			fmt.Fprintf(&out, "      %q: sha256:%s\n", file, s.Files[file])
		}
	}
	return []byte(out.String())
}
