package lint

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// checkers are programs that compare a file with a checksum, a signature or a known file.
var checkers = []string{
	"sha256sum", "sha512sum", "sha384sum", "sha224sum", "sha1sum", "shasum", "sha256", "md5sum", "md5", "b2sum", "b3sum", "cksum", "gpg", "gpg2", "gpgv", "cosign", "minisign", "signify", "signify-openbsd",
	"slsa-verifier", "notation", "jarsigner", "codesign", "spctl", "cmp", "diff", "Get-FileHash", "certutil",
}

// checkWords are the words of programs that check a file only with them.
var checkWords = map[string][]string{
	"openssl": {"dgst", "sha256", "sha512", "pkeyutl", "cms", "smime"}, "gh": {"attestation"}, "rpm": {"-K", "--checksig"}, "hashdeep": nil, "php": {"-r"}, "python3": {"-c"}, "python": {"-c"},
}

// checkName matches functions and scripts that check a download by their name.
var checkName = pattern(`(?i)verif|checksum|sha(256|512|sum)|signature`)

// saving is what a script does with the files that it downloads.
type saving struct {
	text   string
	saved  map[string]syntax.Node // the downloads, by the name of their file
	checks []fileCheck
	runs   []fileRun
	pipe   syntax.Node // the last pipe that was entered
}

// fileCheck is a command that checks files.
type fileCheck struct {
	at   uint
	text string // of the command and of the pipe that it is in
}

// fileRun is the first run of a downloaded file.
type fileRun struct {
	name     string
	by       string
	at       syntax.Node
	download syntax.Node
}

// savedDownloads finds files that a script downloads and later runs, and does not check between.
func savedDownloads(file *syntax.File, text string) (found []ranDownload) {
	s := &saving{text: text, saved: map[string]syntax.Node{}}
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.BinaryCmd:
			if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
				if s.pipe == nil || n.Pos().After(s.pipe.End()) {
					s.pipe = n
				}
				s.throughPipe(n)
			}
		case *syntax.Stmt:
			if call, ok := n.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
				s.call(n, unwrap(call))
			}
		}
		return true
	})
	for _, run := range s.runs {
		if !s.isChecked(run) {
			found = append(found, ranDownload{at: run.at, message: quoted(path.Base(run.name)) + " is downloaded and runs unchecked", hint: "check its checksum or its signature before", saved: run.download})
		}
	}
	return found
}

// isChecked reports whether a check is between the download and the run of a file. A check that
// names only other files that are run is one of those.
func (s *saving) isChecked(run fileRun) bool {
	names := func(check fileCheck, name string) bool { return strings.Contains(check.text, path.Base(name)) }
	return slices.ContainsFunc(s.checks, func(check fileCheck) bool {
		if check.at < run.download.Pos().Offset() || check.at > run.at.Pos().Offset() {
			return false
		}
		return names(check, run.name) || !slices.ContainsFunc(s.runs, func(other fileRun) bool { return names(check, other.name) })
	})
}

// call notes what one command does with downloaded files.
func (s *saving) call(stmt *syntax.Stmt, c command) {
	if slices.Contains(savers, c.program) {
		for _, name := range s.targets(c) {
			s.save(name, stmt)
		}
		s.saveRedirected(stmt, stmt)
		return
	}
	if checksFiles(c) {
		s.check(stmt)
		return
	}
	if c.program == "php" { // php -r "copy('https://getcomposer.org/installer', 'composer-setup.php');"
		for _, code := range c.runs().code {
			if copied := phpCopy().FindStringSubmatch(codeText(code, nil)); copied != nil {
				s.save(copied[1], stmt)
			}
		}
	}
	if len(s.saved) == 0 {
		return
	}
	switch c.program {
	case "mv", "cp", "install", "ln":
		s.rename(c)
		return
	case "java":
		if at := slices.IndexFunc(c.args, func(w *syntax.Word) bool { return w.Lit() == "-jar" }); at >= 0 && at+1 < len(c.args) {
			s.run(c.args[at+1], stmt, "java")
		}
		return
	}
	e := c.runs()
	if e.file != nil {
		s.run(e.file, stmt, e.program)
	}
	if e.input {
		for _, r := range stmt.Redirs {
			if r.Op == syntax.RdrIn {
				s.run(r.Word, stmt, e.program)
			}
		}
	}
	for _, code := range e.code { // eval "$(cat i.sh)"
		syntax.Walk(code, func(node syntax.Node) bool {
			if sub, ok := node.(*syntax.CmdSubst); ok && len(sub.Stmts) == 1 {
				s.shown(sub.Stmts[0], stmt, e.program)
			}
			return true
		})
	}
	if c.word != nil {
		s.run(c.word, stmt, c.program)
	}
}

func (s *saving) check(stmt *syntax.Stmt) {
	at := syntax.Node(stmt)
	if s.pipe != nil && !stmt.Pos().After(s.pipe.End()) {
		at = s.pipe
	}
	start, end := offsets(at)
	text := s.text[min(start, len(s.text)):min(end, len(s.text))]
	for _, r := range stmt.Redirs {
		if r.Hdoc != nil {
			from, to := offsets(r.Hdoc)
			text += s.text[min(from, len(s.text)):min(to, len(s.text))]
		}
	}
	s.checks = append(s.checks, fileCheck{at: stmt.Pos().Offset(), text: text})
}

// checksFiles reports whether a command checks a file, or is a function that does, by its name.
func checksFiles(c command) bool {
	if slices.Contains(checkers, c.program) {
		return true
	}
	if words, found := checkWords[c.program]; found {
		for _, w := range c.args {
			text := codeText(w, nil)
			if slices.Contains(words, text) && text[0] != '-' || slices.Contains(words, text) && c.program == "rpm" || strings.Contains(text, "hash") {
				return true
			}
		}
		return false
	}
	return c.how == nil && checkName().MatchString(c.program)
}

// throughPipe notes the files that the end of a pipe writes or runs: curl … | tee i.sh, cat i.sh |
// sh.
func (s *saving) throughPipe(pipe *syntax.BinaryCmd) {
	if downloads(pipe.X) {
		s.saveRedirected(pipe.Y, pipe)
		if call, ok := pipe.Y.Cmd.(*syntax.CallExpr); ok {
			if c := unwrap(call); c.program == "tee" {
				for _, w := range c.args {
					s.save(s.fileName(w), pipe)
				}
			}
		}
		return
	}
	if e := inputRunner(pipe.Y); e.input && e.language != sqlCode {
		s.shown(pipe.X, pipe, e.program)
	}
}

// shown notes that the text of a file is run: cat i.sh, sed s/a/b/ i.sh.
func (s *saving) shown(stmt *syntax.Stmt, at syntax.Node, by string) {
	words := []*syntax.Word{}
	if call, ok := stmt.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 1 {
		words = append(words, call.Args[1:]...)
	}
	for _, r := range stmt.Redirs {
		if r.Op == syntax.RdrIn {
			words = append(words, r.Word)
		}
	}
	for _, w := range words {
		s.run(w, at, by)
	}
}

func (s *saving) save(name string, at syntax.Node) {
	switch name {
	case "", "-", ".", "/dev/null", "/dev/stdout":
		return
	}
	s.saved[name] = at
}

// saveRedirected notes the file that a statement writes.
func (s *saving) saveRedirected(stmt *syntax.Stmt, at syntax.Node) {
	for _, r := range stmt.Redirs {
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll:
			if r.N == nil || r.N.Value == "1" {
				s.save(s.fileName(r.Word), at)
			}
		}
	}
}

// run notes that a file is run. A program of a folder bin is called by its name alone.
func (s *saving) run(word *syntax.Word, at syntax.Node, by string) {
	name := s.fileName(word)
	if name == "" {
		return
	}
	download, found := s.saved[name]
	if text := leadingText(word); !found || by == name && !strings.Contains(text, "/") {
		found = false
		for saved, node := range s.saved {
			if path.Base(saved) == name && path.Base(path.Dir(saved)) == "bin" {
				download, found = node, true
			}
		}
	}
	if !found || slices.ContainsFunc(s.runs, func(r fileRun) bool { return r.download == download }) {
		return
	}
	s.runs = append(s.runs, fileRun{name: name, by: by, at: at, download: download})
}

// rename follows mv, cp, install and ln to the new name of a downloaded file.
func (s *saving) rename(c command) {
	words := (&program{values: "mogtS", words: asData}).read(c.args).rest
	if len(words) < 2 {
		return
	}
	to := s.fileName(words[len(words)-1])
	raw := codeText(words[len(words)-1], nil)
	for _, w := range words[:len(words)-1] {
		from := s.fileName(w)
		download, found := s.saved[from]
		if !found {
			continue
		}
		if strings.HasSuffix(raw, "/") || len(words) > 2 || path.Base(to) == "bin" {
			s.saved[path.Join(to, path.Base(from))] = download
		} else {
			s.saved[to] = download
		}
	}
}

// targets returns the files that curl and its like write: -o FILE, -O with the name in the address.
func (s *saving) targets(c command) (files []string) {
	var addresses []*syntax.Word
	folder, byName := "", c.program == "wget" || c.program == "aria2c"
	for i := 0; i < len(c.args); i++ {
		text := leadingText(c.args[i])
		option, value, joined := strings.Cut(text, "=")
		next := func() *syntax.Word {
			if i++; i < len(c.args) {
				return c.args[i]
			}
			return &syntax.Word{}
		}
		switch {
		case slices.Contains(saveOptions, option):
			if joined {
				files = append(files, path.Clean(value))
			} else {
				files = append(files, s.fileName(next()))
			}
		case option == "--directory-prefix" || option == "--output-dir" || option == "--dir":
			if !joined {
				value = s.fileName(next())
			}
			folder = value
		case option == "--remote-name" || option == "--remote-name-all":
			byName = true
		case strings.HasPrefix(text, "--") || strings.HasPrefix(text, "-") && c.program != "wget" && c.program != "curl" && c.program != "aria2c":
		case len(text) > 1 && text[0] == '-':
			letter := saveLetters[c.program]
			switch {
			case strings.HasSuffix(text, letter) && len(c.args[i].Parts) == 1:
				files = append(files, s.fileName(next()))
			case strings.Contains(text, letter):
				_, name, _ := strings.Cut(s.fileName(c.args[i]), letter)
				files = append(files, path.Clean(name))
			case c.program == "curl" && strings.Contains(text, "O"):
				byName = true
			case c.program == "wget" && text == "-P", c.program == "aria2c" && text == "-d":
				folder = s.fileName(next())
			case strings.ContainsAny(text[len(text)-1:], "HAuedXmwxUtTi"):
				next()
			}
		default:
			addresses = append(addresses, c.args[i])
		}
	}
	if len(files) > 0 || !byName {
		return files
	}
	for _, address := range addresses {
		if name := addressName().FindStringSubmatch(codeText(address, nil)); name != nil {
			files = append(files, path.Join(folder, name[1]))
		}
	}
	return files
}

// saveOptions name the file of a download. saveLetters are the short forms.
var (
	saveOptions = []string{"--output", "--output-document", "--out", "-OutFile", "-outfile"}
	saveLetters = map[string]string{"curl": "o", "wget": "O", "aria2c": "o"}
)

// phpCopy matches a download in code of PHP.
var phpCopy = pattern(`copy\(\s*['"]https?://[^'"]+['"]\s*,\s*['"]([^'"]+)['"]`)

// addressName matches the name of the file in an address.
var addressName = pattern(`/([^/?#$]+)(?:[?#].*)?$`)

// fileName returns the name of a file as the script writes it, without quotes: $TMP/i.sh.
func (s *saving) fileName(w *syntax.Word) string {
	if w == nil || len(w.Parts) == 0 {
		return ""
	}
	text, literal := literalText(w)
	if !literal {
		start, end := offsets(w)
		text = bracedName().ReplaceAllString(strings.ReplaceAll(s.text[min(start, len(s.text)):min(end, len(s.text))], `"`, ""), "$$$1")
	}
	for _, here := range []string{"$PWD/", "$(pwd)/", "$WORKSPACE/"} {
		text = strings.TrimPrefix(text, here)
	}
	if text == "" {
		return ""
	}
	return path.Clean(text)
}

// bracedName matches ${NAME}.
var bracedName = pattern(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
