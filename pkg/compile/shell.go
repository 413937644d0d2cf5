package compile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// commandProperty is the property that the service passes to a shell.
const commandProperty = "command"

// refuseShellActive reports a --var value with shell syntax that a reference put into a command.
// Such a value often comes from outside, such as a branch name. Values in the workspace's files are
// their authors' own.
func (u *unit) refuseShellActive(path string, n *spec.Node) {
	for o := n.Origin; o != nil; o = o.From {
		name, given := remedy.GivenBy(o.Name)
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
				"the value of %s%s holds %q, which a shell acts on", remedy.VariableFlag, name, active)
		}
	}
}

// isShellActive reports whether a shell may interpret r. Letters, digits, blanks and the
// punctuation of names, versions and paths are safe.
func isShellActive(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" _-./:@%+=,", r)
}
