package spec

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/remedy"
)

const (
	// VendorFolder has a folder with the copied files of each source.
	VendorFolder = "vendor"
	// LockFile lists the copied files.
	LockFile = VendorFolder + "/buildsync.lock"
	// VendorRule is the rule of findings about copied files.
	VendorRule = "vendored-file"

	// MaxVendoredFiles and MaxVendoredBytes bound the files of one source.
	MaxVendoredFiles = 2000
	MaxVendoredBytes = 16 << 20

	fragmentsKey, templatesKey, familiesKey = "fragments", "templates", "families"
)

// Source is another repository whose templates, fragments and policies a workspace uses under its
// name, such as golden/java-service.
type Source struct {
	Name string
	Git  string // the address
	Ref  string // a tag, a branch or a commit
	Path string // the folder in it, "." for all
	At   Range  // of the name
}

// Folder returns the folder of the source's files in the workspace.
func (s *Source) Folder() string { return VendorFolder + "/" + s.Name }

// Full returns the workspace's name for the source's name.
func (s *Source) Full(name string) string {
	if name == "" || strings.Contains(name, ReferenceStart) || strings.HasPrefix(name, s.Name+"/") {
		return name
	}
	return s.Name + "/" + name
}

// SourceOf returns the source that a file was copied from, nil for the workspace's own files.
func (w *Workspace) SourceOf(name string) *Source {
	if w == nil || len(w.Sources) == 0 || !strings.HasPrefix(name, VendorFolder+"/") {
		return nil
	}
	for i := range w.Sources {
		if strings.HasPrefix(name, w.Sources[i].Folder()+"/") {
			return &w.Sources[i]
		}
	}
	return nil
}

// isVendored reports whether a file is a copied one or the lock.
func isVendored(w *Workspace, name string) bool {
	return w.SourceOf(name) != nil || len(w.Sources) > 0 && name == LockFile
}

func decodeSources(n *Node) (sources []Source) {
	if n = ofKind(n, MappingNode); n == nil {
		return nil
	}
	for _, f := range n.Fields {
		s := Source{Name: f.Key.Text, Git: f.Value.Str("git"), Ref: f.Value.Str("ref"), Path: path.Clean(f.Value.Str("path")), At: f.Key.Range}
		sources = append(sources, s)
	}
	return sources
}

// checkSources refuses addresses with credentials, and those that Git would take for something
// other than a repository to read.
func checkSources(n *Node, out *report) {
	list := ofKind(n.Get("sources"), MappingNode)
	if list == nil {
		return
	}
	for _, f := range list.Fields {
		address := f.Value.Get("git")
		if address != nil && address.Kind == ScalarNode {
			if hint, err := CheckGitAddress(address.Text); err != nil {
				out.add(Diagnostic{
					Rule: VendorRule, Severity: Error, Range: address.Range, Message: err.Error(), Hint: hint,
					Conceals: strings.ContainsAny(address.Text, "@?#"),
				})
			}
		}
		if ref := f.Value.Get("ref"); ref != nil && ref.Kind == ScalarNode && !gitRef().MatchString(ref.Text) {
			out.errorf(VendorRule, ref.Range, "write a tag, a branch or a full commit id", "%s is not a ref", quoted(ref.Text))
		}
		if folder := f.Value.Get("path"); folder != nil && folder.Kind == ScalarNode {
			if err := CheckName(folder.Text); err != nil {
				out.errorf(VendorRule, folder.Range, "", "%s", err)
			}
		}
	}
}

// gitRef matches names that Git cannot take for an option or a range.
var gitRef = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./+@-]{0,199}$`) })

// scpAddress matches user@host:path, which is ssh.
var scpAddress = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^:\s]\S*$`)
})

// CheckGitAddress refuses addresses with a password, and all that are not a repository over https,
// ssh or file. The error never quotes the address.
func CheckGitAddress(address string) (hint string, err error) {
	if scpAddress().MatchString(address) && !strings.Contains(address, "::") {
		return "", nil
	}
	const write = "write https://…, ssh://… or user@host:path"
	u, parseErr := url.Parse(address)
	switch {
	case parseErr != nil || strings.HasPrefix(address, "-") || strings.ContainsAny(address, " \t\r\n"):
		return write, errors.New("this is not the address of a repository")
	case u.User != nil && (u.Scheme != "ssh" || hasPassword(u)), strings.Contains(u.Opaque, "@"):
		return "leave them out: Git has credential helpers, and ssh has keys", errors.New("credentials in the address of a source")
	case u.RawQuery != "" || u.Fragment != "":
		return "leave out the ? or # and everything after it", errors.New("the address of a source has a query or a fragment")
	case u.Scheme == "file" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return "", nil
	case (u.Scheme == "https" || u.Scheme == "ssh") && u.Hostname() != "" && !strings.HasPrefix(u.Hostname(), "-"):
		return "", nil
	case u.Scheme == "http" || u.Scheme == "git":
		return "use https or ssh", fmt.Errorf("%s is not encrypted: others on the network could change the templates", u.Scheme)
	}
	return write, errors.New("this is not the address of a repository over https, ssh or file")
}

func isAddress(text string) bool {
	_, err := CheckGitAddress(text)
	return err == nil
}

// hasPassword reports whether the user of an address has a password, also one
// behind an escaped colon.
func hasPassword(u *url.URL) bool {
	_, has := u.User.Password()
	return has || strings.Contains(u.User.Username(), ":")
}

// Sum returns the sum of a file as the lock holds it.
func Sum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// CheckVendored compares the folders of the sources with the lock, and the lock with
// buildsync.yaml. It uses no network.
func CheckVendored(tree Tree, w *Workspace) Diagnostics {
	if len(w.Sources) == 0 {
		return nil
	}
	lock, found := ReadLock(tree)
	if len(found) > 0 {
		return found
	}
	for i := range w.Sources {
		s := &w.Sources[i]
		locked, known := lock.Sources[s.Name]
		switch {
		case !known && !isAddress(s.Git): // that alone is to be mended
			continue
		case !known:
			found = append(found, vendorError(s.At, string(remedy.VendorAndCommit), "the source %s was not copied into the workspace", quoted(s.Name)))
			continue
		case !locked.Of(s):
			found = append(found, vendorError(s.At, string(remedy.VendorAndCommit), "the source %s is declared differently in %s", quoted(s.Name), LockFile))
		case IsCommitID(s.Ref) && s.Ref != locked.Commit:
			found = append(found, lockError(locked.At, "the lock holds %.12s of the source %s, whose ref is the commit %.12s", locked.Commit, quoted(s.Name), s.Ref))
		}
		found = append(found, checkFolder(tree, s, &locked)...)
	}
	for _, name := range slices.Sorted(maps.Keys(lock.Sources)) {
		if !slices.ContainsFunc(w.Sources, func(s Source) bool { return s.Name == name }) {
			found = append(found, vendorError(lock.Sources[name].At, string(remedy.Vendor), "%s names the source %s, which buildsync.yaml does not declare", LockFile, quoted(name)))
		}
	}
	found.Sort()
	return found
}

// checkFolder compares the files of one source with the lock.
func checkFolder(tree Tree, s *Source, locked *Locked) (found Diagnostics) {
	defer func() {
		for i := range found {
			found[i].Pointer = "sources." + s.Name
		}
	}()
	top := func(name string) Range {
		at := Pos{File: name, Line: 1, Column: 1}
		return Range{at, at}
	}
	const hint = string(remedy.VendorBack)
	have, err := tree.Glob([]string{s.Folder() + "/**"})
	if err != nil {
		return Diagnostics{vendorError(s.At, string(remedy.VendorFolder), "%s", err)}
	}
	there := map[string]bool{}
	for _, full := range have {
		name := strings.TrimPrefix(full, s.Folder()+"/")
		there[name] = true
		want, known := locked.Files[name]
		if !known {
			found = append(found, vendorError(top(full), hint, "%s does not belong to the source %s: it is not in the lock", quoted(full), quoted(s.Name)))
			continue
		}
		text, err := tree.ReadFile(full, MaxFileBytes)
		if err != nil {
			found = append(found, unreadableFile(full, err))
		} else if Sum(text) != want && hasOtherLineEnds(text, want) {
			found = append(found, vendorError(top(full), string(remedy.VendorLineEnds), "%s has other line ends than the copy that was made from the source %s", quoted(full), quoted(s.Name)))
		} else if Sum(text) != want {
			found = append(found, vendorError(top(full), hint, "%s differs from the copy that was made from the source %s", quoted(full), quoted(s.Name)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(locked.Files)) {
		if !there[name] {
			found = append(found, vendorError(s.At, hint, "%s of the source %s is missing", quoted(s.Folder()+"/"+name), quoted(s.Name)))
		}
	}
	return found
}

// hasOtherLineEnds reports whether only the line ends of a text keep it from having a sum: Git
// changes them on a checkout where core.autocrlf is set.
func hasOtherLineEnds(text []byte, sum string) bool {
	unix := bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return Sum(unix) == sum || Sum(bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n"))) == sum
}

func vendorError(at Range, hint, format string, args ...any) Diagnostic {
	return Diagnostic{Rule: VendorRule, Severity: Error, Range: at, Message: fmt.Sprintf(format, args...), Hint: hint, Pointer: "sources"}
}

// vendoredFiles lists the files of the sources that may have definitions.
func vendoredFiles(tree Tree, w *Workspace) []string {
	var patterns []string
	for i := range w.Sources {
		patterns = append(patterns, w.Sources[i].Folder()+"/**/*.{yaml,yml}")
	}
	if patterns == nil {
		return nil
	}
	names, err := tree.Glob(patterns)
	if err != nil {
		return nil // CheckVendored reports it
	}
	return slices.DeleteFunc(names, func(name string) bool { return isPolicies(w, name) })
}

// ParseDefinitions reads a definitions file of the workspace. From a copied file it takes only
// templates, fragments and families, under their full names.
func (w *Workspace) ParseDefinitions(name string, text []byte) (*File, Diagnostics) {
	s := w.SourceOf(name)
	if s == nil {
		return ParseDefinitions(name, text)
	}
	root, found := ParseFile(name, text)
	if !found.HasErrors() && !sharesSomething(root) {
		start := Pos{File: name, Line: 1, Column: 1}
		return &File{Name: name, Source: text, Root: &Node{Kind: MappingNode, Range: Range{start, start}}}, nil
	}
	return parseDefinitions(name, text, s.named)
}

// sharesSomething reports whether a file has what others may use, or was meant to:
// one without its version, or with a misspelt key, is read, so that what is wrong
// with it is said. Files of other tools are none of ours.
func sharesSomething(root *Node) bool {
	if root == nil || root.Kind != MappingNode {
		return false
	}
	shared := []string{templatesKey, fragmentsKey, familiesKey}
	if IsDefinitions(root) && slices.ContainsFunc(shared, func(key string) bool { return root.Get(key) != nil }) {
		return true
	}
	return slices.ContainsFunc(root.Fields, func(f Field) bool {
		return (slices.Contains(shared, f.Key.Text) || Nearest(f.Key.Text, shared) != "") && isListOfNamed(f.Value)
	})
}

// isListOfNamed reports whether n is a list with an item that has a name.
func isListOfNamed(n *Node) bool {
	return n.Kind == SequenceNode && slices.ContainsFunc(n.Items, func(item *Node) bool { return item.Get("name") != nil })
}

// named returns the root of a file of s with full names for what it shares.
func (s *Source) named(root *Node) *Node {
	c := *root
	c.Fields = nil
	for _, f := range root.Fields {
		switch f.Key.Text {
		case "version":
		case templatesKey, fragmentsKey, familiesKey:
			f.Value = s.eachItem(f.Value, s.shared)
		default:
			continue
		}
		c.Fields = append(c.Fields, f)
	}
	return &c
}

func (s *Source) eachItem(n *Node, change func(*Node) *Node) *Node {
	if n.Kind != SequenceNode {
		return n
	}
	c := *n
	c.Items = make([]*Node, len(n.Items))
	for i, item := range n.Items {
		c.Items[i] = change(item)
	}
	return &c
}

// shared returns a template, fragment or family with its full name.
func (s *Source) shared(n *Node) *Node {
	return s.fields(n, func(f Field) (Field, bool) {
		switch f.Key.Text {
		case "name":
			f.Value = s.name(f.Value)
		case "publish":
			return f, false // that is up to its own repository
		default:
			f.Value = s.inside(f.Key.Text, f.Value)
		}
		return f, true
	})
}

func (s *Source) fields(n *Node, change func(Field) (Field, bool)) *Node {
	if n.Kind != MappingNode {
		return n
	}
	c := *n
	c.Fields = nil
	for _, f := range n.Fields {
		if f, keep := change(f); keep {
			c.Fields = append(c.Fields, f)
		}
	}
	return &c
}

func (s *Source) name(n *Node) *Node {
	if n.Kind != ScalarNode || n.IsNull() || n.Text == "" {
		return n
	}
	c := *n
	c.Text = s.Full(n.Text)
	return &c
}

// inside changes the names in the value of a key of a template, a fragment, a family or one of its
// jobs.
func (s *Source) inside(key string, n *Node) *Node {
	switch key {
	case "steps":
		return s.eachItem(n, s.step)
	case "template", "family":
		if n.Kind == ScalarNode {
			return s.name(n)
		}
		return s.nameAt("name", n)
	case "jobs":
		return s.eachItem(n, func(job *Node) *Node {
			return s.fields(job, func(f Field) (Field, bool) {
				f.Value = s.inside(f.Key.Text, f.Value)
				return f, true
			})
		})
	}
	return s.files(n)
}

// step changes the name of the fragment that a step uses.
func (s *Source) step(n *Node) *Node {
	if n.Get("use") == nil || n.Get("module_id") != nil || n.Str("use") == "template" {
		return s.files(n)
	}
	return s.nameAt("use", n)
}

// nameAt changes the name that a mapping has at a key.
func (s *Source) nameAt(key string, n *Node) *Node {
	return s.fields(n, func(f Field) (Field, bool) {
		if f.Key.Text == key {
			f.Value = s.name(f.Value)
		} else {
			f.Value = s.files(f.Value)
		}
		return f, true
	})
}

// files changes every $file in a value to the path of the copy.
func (s *Source) files(n *Node) *Node {
	switch {
	case n.Kind == SequenceNode:
		return s.eachItem(n, s.files)
	case n.IsFile():
		return s.include(n)
	}
	return s.fields(n, func(f Field) (Field, bool) {
		f.Value = s.files(f.Value)
		return f, true
	})
}

// include changes the path of a $file, which is relative to the source's repository, to that of the
// copy.
func (s *Source) include(n *Node) *Node {
	return s.fields(n, func(f Field) (Field, bool) {
		if f.Value.Kind != ScalarNode || strings.Contains(f.Value.Text, ReferenceStart) || CheckName(f.Value.Text) != nil {
			return f, true
		}
		c := *f.Value
		name := path.Clean(c.Text)
		if inside, ok := strings.CutPrefix(name, s.Path+"/"); ok {
			name = inside
		}
		c.Text = s.Folder() + "/" + name
		f.Value = &c
		return f, true
	})
}
