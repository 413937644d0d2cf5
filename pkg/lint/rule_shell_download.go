package lint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/buildsync/buildsync/pkg/spec"
)

var downloaders = []string{"curl", "wget", "iwr", "irm", "Invoke-WebRequest", "Invoke-RestMethod"}

// savers are downloaders that write a file.
var savers = append([]string{"aria2c"}, downloaders...)

const downloadHint = "save it, check its checksum, then run it"

// ranDownload is a download that runs unchecked.
type ranDownload struct {
	at      syntax.Node
	message string
	hint    string
	saved   syntax.Node // the download, if it was saved before
}

// unseenDownloads reports downloads that run unchecked: piped into a shell, in the place of code, or
// saved and run later.
func (p *pass) unseenDownloads(s *script) {
	if !mayDownload(s.text) {
		return
	}
	for _, found := range p.shell.ranDownloads(s.parsed, s.text, 0) {
		start, end := offsets(found.at)
		d := p.report("shell-safety", s.at(start, end), s.pointer, found.message, found.hint)
		if found.saved != nil {
			from, to := offsets(found.saved)
			d.Related = []spec.Related{{Range: s.at(from, to), Message: "it is downloaded here"}}
		}
	}
}

// downloadCalls are parts of code that downloads in other languages.
var downloadCalls = []string{"DownloadString", "urlopen", "requests.get", "URI.open", "file_get_contents", "copy("}

// mayDownload reports whether a text names a program of savers, or one of downloadCalls.
func mayDownload(text string) bool {
	names := func(name string) bool { return strings.Contains(text, name) }
	return slices.ContainsFunc(savers, names) || slices.ContainsFunc(downloadCalls, names)
}

// maxNested bounds how deep code in code is read: ssh h "docker exec c sh -c 'curl … | sh'".
const maxNested = 3

// ranDownloads finds the downloads that a script runs unchecked, also in the code that it gives to
// other shells.
func (sp *shellParser) ranDownloads(file *syntax.File, text string, depth int) (found []ranDownload) {
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.Stmt:
			found = append(found, givenDownload(n)...)
		case *syntax.BinaryCmd:
			found = append(found, pipedDownload(n)...)
		}
		return true
	})
	runs := codeRunIn(file)
	found = append(found, heldDownloads(file, runs)...)
	found = append(found, savedDownloads(file, text)...)
	if depth == maxNested {
		return found
	}
	for _, e := range runs {
		for _, word := range e.code {
			if e.language == otherCode && codeFromNet().MatchString(codeText(word, nil)) {
				found = append(found, ranDownload{at: word, message: "code of " + e.program + " runs a download unchecked", hint: downloadHint})
			}
		}
		if e.language != shellCode && programNamed(e.program) != programNamed("pwsh") {
			continue
		}
		var code []string
		for _, word := range e.code {
			code = append(code, codeText(word, nil))
		}
		inner := strings.Join(code, " ")
		if len(code) == 0 || !mayDownload(inner) {
			continue
		}
		if message := sp.nestedDownload(inner, e.language, depth); message != "" {
			found = append(found, ranDownload{at: e.code[0], message: message, hint: downloadHint})
		}
	}
	return found
}

// codeFromNet matches code of an interpreter that runs what it downloads: exec(urlopen(…).read()).
var codeFromNet = pattern(`\b(?:exec|eval|instance_eval)\s*\(?.{0,80}?(?:urlopen|requests\.get|URI\.open|file_get_contents)\b.{0,20}?\(`)

var powerShellRuns = pattern(`(?i)\b(iex|Invoke-Expression)\b`)

// nestedDownload returns the message about code that another shell runs; "" if there is none.
func (sp *shellParser) nestedDownload(code string, language language, depth int) string {
	if read := sp.parse(code); read.file != nil {
		for _, found := range sp.ranDownloads(read.file, code, depth+1) {
			return found.message
		}
	}
	if language != shellCode && powerShellRuns().MatchString(code) {
		return "a download is given to Invoke-Expression and runs unchecked"
	}
	return ""
}

// pipedDownload finds a download piped into a program that runs its input. A program with its own
// code, such as python3 -m json.tool, reads the download as data.
func pipedDownload(pipe *syntax.BinaryCmd) []ranDownload {
	if pipe.Op != syntax.Pipe && pipe.Op != syntax.PipeAll || !downloads(pipe.X) {
		return nil
	}
	if e := inputRunner(pipe.Y); e.input && e.language != sqlCode || e.runsFilled() {
		return []ranDownload{{at: pipe, message: "a download is piped into " + e.program + " and runs unchecked", hint: downloadHint}}
	}
	if word := runsWhatItReads(pipe.Y); word != nil {
		return []ranDownload{{at: word, message: "a line of a download is run as code", hint: downloadHint}}
	}
	return nil
}

// runsWhatItReads returns the word with which a loop or a group runs a line of its input: while read
// -r line; do eval "$line"; done.
func runsWhatItReads(stmt *syntax.Stmt) (found *syntax.Word) {
	var set []string
	syntax.Walk(stmt, func(node syntax.Node) bool {
		if call, ok := node.(*syntax.CallExpr); ok && len(call.Args) > 1 && call.Args[0].Lit() == "read" {
			for _, w := range call.Args[1:] {
				set = append(set, w.Lit())
			}
		}
		return true
	})
	if len(set) == 0 {
		return nil
	}
	for _, e := range codeRunIn(stmt) {
		for _, word := range e.code {
			if name := onlyVariable(word); name != "" && slices.Contains(set, name) {
				return word
			}
		}
	}
	return nil
}

// inputRunner returns the command of a statement that runs its standard input as code, also inside
// a group: (cd /tmp && bash).
func inputRunner(stmt *syntax.Stmt) (e execution) {
	var group []*syntax.Stmt
	switch c := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		e = unwrap(c).runs()
	case *syntax.Subshell:
		group = c.Stmts
	case *syntax.Block:
		group = c.Stmts
	case *syntax.BinaryCmd:
		if c.Op == syntax.AndStmt || c.Op == syntax.OrStmt {
			group = []*syntax.Stmt{c.X, c.Y}
		}
	}
	for _, inner := range group {
		if found := inputRunner(inner); (found.input || found.filled != "") && !redirectsInput(inner) {
			return found
		}
	}
	return e
}

// runsFilled reports whether xargs gives its input as the whole code: xargs -0 bash -c, xargs -I{}
// sh -c '{}'.
func (e execution) runsFilled() bool {
	if e.filled == "" || len(e.code) == 0 {
		return e.filled != ""
	}
	text, _ := literalText(e.code[0])
	return strings.TrimSpace(text) == e.filled
}

// redirectsInput reports whether a statement reads something else than its standard input.
func redirectsInput(stmt *syntax.Stmt) bool {
	return slices.ContainsFunc(stmt.Redirs, func(r *syntax.Redirect) bool {
		switch r.Op {
		case syntax.RdrIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			return true
		}
		return false
	})
}

// givenDownload finds a download in the place of code: bash <(curl …), sh -c "$(curl …)", eval
// "$(curl …)", bash <<< "$(curl …)".
func givenDownload(stmt *syntax.Stmt) []ranDownload {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok {
		return nil
	}
	e := unwrap(call).runs()
	places := make([]syntax.Node, 0, len(e.code)+2)
	for _, word := range e.code {
		places = append(places, word)
	}
	if e.file != nil {
		places = append(places, e.file)
	}
	if e.input {
		for _, r := range stmt.Redirs {
			switch r.Op {
			case syntax.WordHdoc, syntax.RdrIn:
				places = append(places, r.Word)
			case syntax.Hdoc, syntax.DashHdoc:
				if r.Hdoc != nil {
					places = append(places, r.Hdoc)
				}
			}
		}
	}
	for _, place := range places {
		if at := downloadIn(place); at != nil {
			return []ranDownload{{at: at, message: "a download is given to " + e.program + " and runs unchecked", hint: downloadHint}}
		}
	}
	return nil
}

// heldDownloads finds downloads that are kept in a variable and run as code: s=$(curl …), eval "$s".
func heldDownloads(file *syntax.File, runs []execution) (found []ranDownload) {
	held := map[string]syntax.Node{}
	syntax.Walk(file, func(node syntax.Node) bool {
		if a, ok := node.(*syntax.Assign); ok && a.Name != nil && a.Value != nil && held[a.Name.Value] == nil {
			if download := downloadIn(a.Value); download != nil {
				held[a.Name.Value] = download
			}
		}
		return true
	})
	if len(held) == 0 {
		return nil
	}
	for _, e := range runs {
		if e.language != shellCode && e.language != otherCode {
			continue
		}
		for _, word := range e.code {
			download := held[onlyVariable(word)]
			if download == nil || download.Pos().After(word.Pos()) {
				continue
			}
			found = append(found, ranDownload{at: word, message: "a download is given to " + e.program + " and runs unchecked", hint: downloadHint, saved: download})
			break
		}
	}
	return found
}

// onlyVariable returns the variable whose value a word is: $s, "$s", "${s}"; "" for other words.
func onlyVariable(w *syntax.Word) string {
	parts := unquotedWord(w).Parts
	if len(parts) > 1 {
		if tail, ok := parts[1].(*syntax.Lit); !ok || len(parts) > 2 || strings.TrimSpace(tail.Value) != "" {
			return "" // a here-document ends in a line break
		}
	}
	if len(parts) > 0 {
		if e, ok := parts[0].(*syntax.ParamExp); ok && e.Param != nil && !e.Length && e.Exp == nil && e.Slice == nil && e.Repl == nil {
			return e.Param.Value
		}
	}
	return ""
}

// downloadIn returns the substitution in node with a download.
func downloadIn(node syntax.Node) (found syntax.Node) {
	syntax.Walk(node, func(n syntax.Node) bool {
		var stmts []*syntax.Stmt
		switch sub := n.(type) {
		case *syntax.ProcSubst:
			stmts = sub.Stmts
		case *syntax.CmdSubst:
			stmts = sub.Stmts
		}
		if found == nil && slices.ContainsFunc(stmts, downloads) {
			found = n
		}
		return found == nil
	})
	return found
}

// downloads reports whether a statement, or the first part of its pipe, is curl or wget.
func downloads(stmt *syntax.Stmt) bool {
	switch c := stmt.Cmd.(type) {
	case *syntax.BinaryCmd:
		if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			return downloads(c.X)
		}
		return downloads(c.X) || downloads(c.Y) // curl … || wget …
	case *syntax.Block:
		return slices.ContainsFunc(c.Stmts, downloads)
	case *syntax.Subshell:
		return slices.ContainsFunc(c.Stmts, downloads)
	case *syntax.CallExpr:
		return slices.Contains(downloaders, unwrap(c).program)
	}
	return false
}
