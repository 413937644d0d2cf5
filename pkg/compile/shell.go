package compile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/spec"
)

// commandProperty is the property that the service hands to a shell.
const commandProperty = "command"

// refuseShellActive reports a value of --var that a shell would act on, where a
// reference put it into a command. Such a value often comes from outside, a
// branch's name for one; what the files of the workspace say is their authors'
// own.
func (u *unit) refuseShellActive(path string, n *spec.Node) {
	for o := n.Origin; o != nil; o = o.From {
		name, given := strings.CutPrefix(o.Name, givenPrefix)
		if o.Kind != spec.FromVariable || !given {
			continue
		}
		v := u.c.vars.table[name]
		if v == nil {
			continue
		}
		if at := strings.IndexFunc(v.declared.Text, isShellActive); at >= 0 {
			active, _ := utf8.DecodeRuneInString(v.declared.Text[at:])
			u.report("shell-injection", n, path, "let the script read it from a build parameter or a file instead",
				"the value of --var %s holds %q, which a shell acts on", name, active)
		}
	}
}

// isShellActive reports whether r may mean something to a shell. Letters, digits,
// blanks and the punctuation of names, versions and paths do not.
func isShellActive(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" _-./:@%+=,", r)
}
