package lint_test

import (
	"slices"
	"testing"
)

// TestLostBackslash checks the finding for an unquoted backslash before a letter, which the shell
// drops. A quoted one, one before a special character, and one in a pattern are not reported.
func TestLostBackslash(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]bool{
		`docker build -f .\scripts\x.Dockerfile .`:   true,
		`cp build\libs\app.jar dist`:                 true,
		`ls C:\Users`:                                true,
		`echo one\ntwo`:                              true,
		`tr -d \r <f`:                                true,
		`xargs -d \n rm`:                             true,
		`sed s/\t/,/g f`:                             true,
		`grep -E --color=never \d+ f`:                true,
		`docker build -f "$DIR"\x.Dockerfile .`:      true,
		`echo $(cat .\version.txt)`:                  true,
		`docker build -f '.\scripts\x.Dockerfile' .`: false,
		`docker build -f ".\scripts\x.Dockerfile" .`: false,
		`docker build -f .\\scripts\\x.Dockerfile .`: false,
		`find . -name \*.jar -exec ls {} \;`:         false,
		`echo a\ b \$HOME \"x\" \(y\)`:               false,
		`printf 'a\nb\n'`:                            false,
		`printf "%s\n" a`:                            false,
		`echo $'a\tb'`:                               false,
		`[[ $X =~ ^v\d+\.\d+$ ]] || exit 1`:          false,
		`\rm -f x`:                                   false,
		`sudo \cp a b`:                               false,
		`awk -F\t '{print $1}' f`:                    false,
		"cat >f <<'E'\nC:\\Users\\ci\nE":             false,
		"make a \\\n  b":                             false,
		`case $X in a\b) ;; esac`:                    false,
	} {
		if have := slices.Contains(lintScript(t, script), "shell-safety"); have != want {
			t.Errorf("%s\n\treported: %t, want %t", script, have, want)
		}
	}
}
