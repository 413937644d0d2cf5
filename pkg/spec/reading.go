package spec

import (
	"bytes"
	"slices"
	"strconv"
)

// Reading is a workspace whose definition files are about to be read. All that
// loads definitions reads them through it, so that lint, plan and export find
// the same files and the same limits.
type Reading struct {
	Workspace *Workspace
	Names     []string // of the definition files, sorted

	tree  Tree
	total int // bytes so far
}

// OpenReading reads buildsync.yaml and finds the definition files. It returns
// nil if there is no workspace file that can be understood.
func OpenReading(tree Tree, opts Options) (*Reading, Diagnostics) {
	workspace, found := LoadWorkspace(tree, opts)
	if workspace == nil {
		return nil, found
	}
	names, more := DefinitionFiles(tree, workspace)
	return &Reading{Workspace: workspace, Names: names, tree: tree}, append(found, more...)
}

// Each calls use with the text of one file after the other. It leaves out files
// that cannot be read, and ends with the file that exceeds maxTotalBytes; what
// it returns says so. known returns the size of a file that need not be read,
// whose text is nil then; known may be nil.
func (r *Reading) Each(known func(name string) (size int, ok bool), use func(name string, text []byte)) (found Diagnostics) {
	for _, name := range r.Names {
		var text []byte
		size, ok := 0, false
		if known != nil {
			size, ok = known(name)
		}
		if !ok {
			var more Diagnostics
			if text, more = ReadDefinitions(r.tree, name); len(more) > 0 {
				found = append(found, more...)
				continue
			}
			size = len(text)
		}
		if r.total += size; r.total > maxTotalBytes {
			return append(found, tooManyBytes(name))
		}
		use(name, text)
	}
	return found
}

// MayDeclareShared reports whether a file may declare templates, fragments or
// families. It looks at the text only; a file for which it is false declares
// none, however it is written.
func MayDeclareShared(text []byte) bool {
	text = unescaped(text)
	return slices.ContainsFunc([]string{templatesKey, fragmentsKey, familiesKey}, func(key string) bool { return bytes.Contains(text, []byte(key)) })
}

// MayUseShared reports whether a job of a file may use a template, a fragment or
// a family, as MayDeclareShared does.
func MayUseShared(text []byte) bool {
	if hasWord(text, "use") { // a backslash before it need not be an escape
		return true
	}
	text = unescaped(text)
	return bytes.Contains(text, []byte("template")) || bytes.Contains(text, []byte("family")) || hasWord(text, "use")
}

// hasWord reports whether a word is in a text on its own.
func hasWord(text []byte, word string) bool {
	for {
		at := bytes.Index(text, []byte(word))
		if at < 0 {
			return false
		}
		end := at + len(word)
		if (at == 0 || !isLetter(text[at-1])) && (end == len(text) || !isLetter(text[end])) {
			return true
		}
		text = text[end:]
	}
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

// unescaped returns a text with the letters in place of the escapes that may stand
// for them in a quoted YAML scalar, and without line breaks that are escaped. A
// key that the parser reads then is in it as it is.
func unescaped(text []byte) []byte {
	if !bytes.ContainsRune(text, '\\') {
		return text
	}
	out := make([]byte, 0, len(text))
	for {
		at := bytes.IndexByte(text, '\\')
		if at < 0 || at+1 == len(text) {
			return append(out, text...)
		}
		out = append(out, text[:at]...)
		escape := text[at+1:]
		if letter, size := escapedLetter(escape); size > 0 {
			out, text = append(out, letter), escape[size:]
		} else if rest := bytes.TrimLeft(escape, " \t\r\n"); escape[0] == '\n' || escape[0] == '\r' {
			text = rest
		} else {
			out, text = append(out, '\\'), escape
		}
	}
}

// escapedLetter returns the letter that an escape stands for, and the escape's
// length without the backslash, 0 if it stands for none.
func escapedLetter(escape []byte) (letter byte, size int) {
	size = map[byte]int{'x': 3, 'u': 5, 'U': 9}[escape[0]]
	if size == 0 || len(escape) < size {
		return 0, 0
	}
	code, err := strconv.ParseUint(string(escape[1:size]), 16, 32)
	if err != nil || code > 'z' || !isLetter(byte(code)) {
		return 0, 0
	}
	return byte(code), size
}
