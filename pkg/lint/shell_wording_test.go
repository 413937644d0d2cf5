package lint_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// shellFaults returns the errors of shell-syntax for the script of a file.
func shellFaults(script string) (found []spec.Diagnostic) {
	for _, d := range lint.Check(scriptTree(script, scriptStyles[0]), "", lint.Options{}) {
		if d.Rule == "shell-syntax" && d.Severity == spec.Error {
			found = append(found, d)
		}
	}
	return found
}

// TestShellSyntaxNamesTheMistake lints scripts with one mistake: the error stands in the line of the
// mistake, says it in plain words, and helps.
func TestShellSyntaxNamesTheMistake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		script string
		line   int
		says   string
	}{
		{"make\nif [ -f a ]; then\n  echo a\nmake", 2, `"if" has no "fi"`},
		{"if [ -f a ]\n  echo a\nfi", 1, `"if" has no "then"`},
		{"if a; then\n  b\nelse if c; then\n  d\nfi", 3, `"else if" opens another if, which needs its own "fi"`},
		{"if a; then\n  b\nelif c\n  d\nfi", 3, `"elif" has no "then"`},
		{"if a; then\n  b\nelseif c; then\n  d\nfi", 3, `"then" belongs to no "if"`},
		{"make\ndone", 2, `"done" ends nothing that is open here`},
		{"for i in a b; do\n  echo $i\nmake", 1, `"for" has no "done"`},
		{"for i in a b\n  echo $i\ndone", 1, `"for" has no "do"`},
		{"make\nwhile read -r l; echo; done", 2, `"while" has no "do"`},
		{"case $1 in\n  a) echo ;;\nmake", 1, `"case" has no "esac"`},
		{"case $1\n  a) echo ;;\nesac", 1, `"case" has no "in"`},
		{"make\necho it's\nmake", 2, "the quote ' that opens here is not closed"},
		{"make\necho \"a\nmake", 2, `the quote " that opens here is not closed`},
		{"make\nx=`date\nmake", 2, "the quote ` that opens here is not closed"},
		{"make\nx=$(date\nmake", 2, `the bracket "$(" that opens here is not closed`},
		{"make\necho ${a\nmake", 2, `the bracket "${" is not closed`},
		{"make\na=(1 2\nmake", 2, `the bracket "(" that opens here is not closed`},
		{"f() {\n  echo\nmake", 1, `the bracket "{" that opens here is not closed`},
		{"make\necho a)", 2, `the bracket ")" closes nothing that is open here`},
		{"make\n}", 2, `the bracket "}" closes nothing that is open here`},
		{"make\nx = (1 2)", 2, `the bracket "(" is not allowed here`},
		{"import os\nprint(\"a\")", 2, `the bracket "(" is not allowed here`},
		{"make |", 1, `no command follows "|"`},
		{"make\n&& make test", 2, `no command stands before "&&"`},
		{"make &; make test", 1, `no command stands before ";"`},
		{"make;; make test", 1, `";;" belongs to no case`},
		{"make\nmake >", 2, `no file follows ">"`},
		{"f()", 1, "the function has no body"},
		{"if [[ -f a ; then\n  make\nfi", 1, `";" is not an operator of a test, or the test is not closed`},
		{"make\nif a; then\nfi", 2, `no command follows "then"`},
	} {
		found := shellFaults(c.script + "\n")
		if len(found) != 1 || found[0].Range.Start.Line != c.line || found[0].Message != "the script does not parse: "+c.says || found[0].Hint == "" {
			t.Errorf("%q: %v, want line %d: %s", c.script, found, c.line, c.says)
		}
	}
}

// TestShellSyntaxHasNoForeignWords cuts a word or a sign out of the scripts of the corpus: what is
// wrong is never said in the words of the parser's library.
func TestShellSyntaxHasNoForeignWords(t *testing.T) {
	t.Parallel()
	foreign := regexp.MustCompile("`[^`]+`|EOF without|foo|must be followed|can only|statement list|encountered")
	signs := regexp.MustCompile(`\b(then|fi|do|done|esac|in|if)\b|["'(){}]|\]\]|;;|EOF`)
	cut := 0
	for i, script := range readCorpus(t) {
		places := signs.FindAllStringIndex(script.text, -1)
		if len(places) == 0 || i%3 > 0 { // enough to meet each message, and quick
			continue
		}
		at := places[(i*7)%len(places)]
		for _, d := range shellFaults(script.text[:at[0]] + script.text[at[1]:]) {
			cut++
			if foreign.MatchString(strings.ReplaceAll(d.Message, "the quote `", "")) {
				t.Errorf("%s without %q: %s", script.name, script.text[at[0]:at[1]], d.Message)
			}
		}
	}
	if cut < 50 {
		t.Errorf("only %d scripts do not parse", cut)
	}
}
