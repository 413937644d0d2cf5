package export

import (
	"bytes"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// DeclareSecrets returns the text of a workspace file that declares the secrets
// named beside those that it declares already. All else stays as it is, byte by
// byte.
func DeclareSecrets(workspace []byte, names []string) ([]byte, error) {
	root, err := parseWorkspace(workspace)
	if err != nil {
		return nil, err
	}
	have := root.Get("secrets")
	var missing []string
	for _, name := range names {
		if !declares(have, name) && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return workspace, nil
	}
	list := yamltext.Sequence()
	if have != nil {
		for _, item := range have.Items {
			list.Items = append(list.Items, yamltext.Text(item.Text))
		}
	}
	for _, name := range missing {
		list.Items = append(list.Items, yamltext.Text(name))
	}
	edited := newEditor(workspace)
	edited.setKey(root, "secrets", yamltext.OneLine(list))
	return refitted(spec.WorkspaceFile, workspace, edited.apply()), nil
}

// DeclareModules returns the text of a workspace file that names a modules file.
func DeclareModules(workspace []byte, name string) ([]byte, error) {
	root, err := parseWorkspace(workspace)
	if err != nil {
		return nil, err
	}
	edited := newEditor(workspace)
	edited.setKey(root, "modules", yamltext.Text(name))
	return refitted(spec.WorkspaceFile, workspace, edited.apply()), nil
}

func parseWorkspace(source []byte) (*spec.Node, error) {
	root, diagnostics := spec.ParseFile(spec.WorkspaceFile, source)
	if root == nil || root.Kind != spec.MappingNode || len(root.Fields) == 0 {
		return nil, errors.Join(errors.New("buildsync.yaml cannot be read"), firstError(diagnostics))
	}
	return root, nil
}

func declares(list *spec.Node, name string) bool {
	return list != nil && slices.ContainsFunc(list.Items, func(n *spec.Node) bool { return n.Text == name })
}

// lineIndex turns places into offsets.
type lineIndex struct {
	src   []byte
	lines []int // offset of each line's start
}

func indexLines(src []byte) *lineIndex {
	x := &lineIndex{src: src, lines: []int{0}}
	if bytes.HasPrefix(src, []byte("\xef\xbb\xbf")) {
		x.lines[0] = 3
	}
	for i, c := range src {
		if c == '\n' {
			x.lines = append(x.lines, i+1)
		}
	}
	return x
}

func (x *lineIndex) offset(p spec.Pos) int {
	if p.Line < 1 || p.Line > len(x.lines) {
		return len(x.src)
	}
	at := x.lines[p.Line-1]
	for column := 1; column < p.Column && at < len(x.src) && x.src[at] != '\n'; column++ {
		_, size := utf8.DecodeRune(x.src[at:])
		at += size
	}
	return at
}

// lineStart is the start of the line that an offset is on.
func (x *lineIndex) lineStart(at int) int { return bytes.LastIndexByte(x.src[:at], '\n') + 1 }

// lineEnd is the place behind the line's break, or the end of the file.
func (x *lineIndex) lineEnd(at int) int {
	if i := bytes.IndexByte(x.src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(x.src)
}
