package lint

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/spec"
)

// maxScript is the longest script that the shell rules read, in bytes. The parser recurses, and no
// hand-written script nests deeper than this allows.
const maxScript = 64 << 10

// script is one shell script and its place: a scalar or a separate file.
type script struct {
	text   string       // what the shell would read, references replaced
	parsed *syntax.File // nil if it does not parse
	names  *shellNames  // what it sets and uses
	stops  bool         // it ends when a command fails

	runsCode []execution // the commands that run text as code
	pointer  string      // of the property that holds it
	node     *spec.Node  // the scalar, or the {$file: …}
	pass     *pass       // of the file it is in
	place    func(int) spec.Pos
}

// at returns the range of a part of the script.
func (s *script) at(start, end int) spec.Range {
	return spec.Range{Start: s.place(min(start, len(s.text))), End: s.place(min(max(start, end), len(s.text)))}
}

// isFile reports whether the script is a file of its own.
func (s *script) isFile() bool { return s.pass.name != s.node.Range.Start.File }

// scriptFile is a script file. It is read and judged once, however many steps use it.
type scriptFile struct {
	script   *script // nil if it cannot be read
	judged   bool
	searched bool     // for secrets
	users    []string // the files that name it, and those whose jobs it depends on

	inComments, secrets, rules spec.Diagnostics // what was found in it, once
}

// foundBy returns the findings of do, and removes them from the linter's list.
func (l *linter) foundBy(do func()) spec.Diagnostics {
	before := len(l.found)
	do()
	found := slices.Clone(l.found[before:])
	l.found = l.found[:before]
	return found
}

// join adds what is new in other, which other files of the workspace use.
func (f *scriptFile) join(other *scriptFile) {
	for _, user := range other.users {
		f.use(user)
	}
	if !f.searched {
		f.searched, f.secrets = other.searched, other.secrets
	}
	if !f.judged {
		f.judged, f.rules = other.judged, other.rules
	}
}

func (f *scriptFile) use(file string) {
	if file != "" && !slices.Contains(f.users, file) {
		f.users = append(f.users, file)
	}
}

// inScripts adds what was found in script files.
func (l *linter) inScripts() {
	for _, file := range l.scripts {
		l.found = append(l.found, file.inComments...)
		l.found = append(l.found, file.secrets...)
		l.found = append(l.found, file.rules...)
	}
}

// judgeScripts reads the scripts of a unit and applies the rules about each.
func (p *pass) judgeScripts(u *unit) []*script {
	var scripts []*script
	for i := range u.steps {
		prop := u.steps[i].prop("command")
		if prop == nil || prop.value == nil {
			continue
		}
		of := p.scriptsOf(u, prop)
		if len(of) == 0 && prop.value.Kind == spec.ScalarNode && prop.value.Text == "" {
			p.report("command-empty", prop.value.Range, prop.pointer, "the script is empty", "write a command, or switch the step off with enable: false")
		}
		for _, s := range of {
			p.judgeScript(u, s)
		}
		scripts = append(scripts, of...)
	}
	return append(scripts, p.templateScripts(u)...)
}

// templateScripts returns the scripts of the template's steps whose file depends on the job that
// uses it.
func (p *pass) templateScripts(u *unit) (scripts []*script) {
	if u.template == nil || u.replacesTemplate() {
		return nil
	}
	t := p.templates[u.template.Text]
	if t == nil {
		return nil
	}
	for i := range t.steps {
		prop := t.steps[i].prop("command")
		if prop != nil && prop.value != nil {
			p.referredSecrets(u, prop.value, prop.pointer, u.givenTo)
		}
		if prop == nil || prop.value == nil || !prop.value.IsFile() || isPlainText(prop.value.Fields[0].Value) {
			continue
		}
		of, _ := p.scriptsFrom(u, prop.value, prop.pointer)
		for _, s := range of {
			p.judgeScript(u, s)
		}
		scripts = append(scripts, of...)
	}
	return scripts
}

// judgeScript applies the rules about one script, to a file once.
func (p *pass) judgeScript(u *unit, s *script) {
	if !s.isFile() {
		p.judge(s)
		p.commandFolded(s)
		p.activeValues(u, s)
		p.referredSecrets(u, s.node, s.pointer, func(_ string, start, end int) (spec.Range, bool) { return s.at(start, end), true })
	} else if file := p.scripts[s.pass.name]; file != nil && !file.judged {
		file.judged = true
		file.rules = p.foundBy(func() { p.judge(s) })
	}
}

// scriptsOf reads the scripts of a property: one, or one for each file that the name of a $file can
// mean; none if that is unknown.
func (p *pass) scriptsOf(u *unit, prop *prop) []*script {
	n := prop.value
	if n.IsFile() {
		scripts, _ := p.scriptsFrom(u, n, prop.pointer)
		return scripts
	}
	if n.Kind != spec.ScalarNode || n.Type == spec.NullType || n.Text == "" {
		return nil
	}
	s := &script{text: maskReferences(n.Text), pointer: prop.pointer, node: n, pass: p}
	s.place = func(offset int) spec.Pos { return p.placesOf(n).At(offset) }
	if p.source == nil || n.Range.Start.File != p.name {
		s.place = func(int) spec.Pos { return n.Range.Start }
	}
	return []*script{s}
}

// scriptsFrom reads scripts from their files, each once. known is false if a name is unknown here.
func (p *pass) scriptsFrom(u *unit, n *spec.Node, pointer string) (scripts []*script, known bool) {
	names := u.expansions(n.Fields[0].Value)
	for _, name := range names {
		if s := p.includedFile(name, n, pointer); s != nil {
			scripts = append(scripts, s)
		}
	}
	return scripts, len(names) > 0
}

// includedFile reads a file that a $file names, once, and looks for secrets in
// it. It returns nil if the file cannot be read; the compiler reports that.
func (p *pass) includedFile(name string, n *spec.Node, pointer string) *script {
	name = path.Clean(name)
	file := p.scripts[name]
	if file == nil {
		file = &scriptFile{}
		p.scripts[name] = file
		if text, err := spec.ReadInclude(p.set.Tree, p.name, name); err == nil {
			file.inComments = p.foundBy(func() { file.script = p.newScriptFile(name, text, n, pointer) })
		}
	}
	file.use(p.name)
	file.use(n.Range.Start.File)
	if s := file.script; s != nil && !file.searched {
		file.searched = true
		file.secrets = p.foundBy(func() {
			for _, m := range secret.Find(s.text) {
				d := p.secretLiteral(s.at(m.Start, m.End), pointer, m, s.text)
				d.Related = []spec.Related{{Range: n.Range, Message: "the file is used here"}}
			}
		})
	}
	return file.script
}

func (p *pass) newScriptFile(name, text string, n *spec.Node, pointer string) *script {
	own := p.linter.pass(name, []byte(text))
	own.lines = textedit.Index(own.source)
	s := &script{text: text, pointer: pointer, node: n, pass: own}
	s.place = func(offset int) spec.Pos {
		line, column := own.lines.Position(offset)
		return spec.Pos{File: name, Line: line, Column: column}
	}
	own.readScriptComments(text, pointer)
	return s
}

// maskReferences replaces ${{ }} by letters, byte for byte, so that the shell's parser sees a word
// and all columns stay. An escaped $${{ }} is not a word for a shell either.
func maskReferences(text string) string {
	if !strings.Contains(text, spec.ReferenceStart) {
		return text
	}
	parts, _ := spec.SplitReferences(text)
	masked := []byte(text)
	mask := func(start, end int) {
		for i := start; i < end; i++ {
			if masked[i] != '\n' {
				masked[i] = 'x'
			}
		}
	}
	for _, p := range parts {
		if p.IsReference {
			mask(p.Start, p.End)
			continue
		}
		for at := p.Start; ; {
			start := strings.Index(text[at:p.End], "$"+spec.ReferenceStart)
			if start < 0 {
				break
			}
			start += at
			at = p.End
			if end := strings.Index(text[start:p.End], "}}"); end >= 0 {
				at = start + end + len("}}")
			}
			mask(start, at)
		}
	}
	return string(masked)
}

// isShell reports whether a script is for a shell: a first line may name another
// interpreter.
func isShell(text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	interpreter, named := strings.CutPrefix(first, "#!")
	if !named {
		return true
	}
	for _, word := range strings.FieldsFunc(interpreter, func(r rune) bool { return r == ' ' || r == '/' || r == '\t' || r == '\r' }) {
		switch word {
		case "sh", "bash", "dash", "ash", "ksh":
			return true
		}
	}
	return false
}
