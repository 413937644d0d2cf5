package main

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/completion"
)

// FuzzArguments checks that any words and variables give the version or a usage error, and never a
// panic.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{
		"version", "version\x00--env\x00prod", "-v\x00version", "--var\x00a=b\x00version\x00--var=c=d", "version\x00--", "version\x00-",
		"version\x00--timeout\x00-1s", "--rate=1/min\x00version", "version\x00" + completion.Flag, "-C\x00version", "ver\x00=", "version\x00--no-color=maybe",
	} {
		f.Add(seed, "30m")
	}
	f.Fuzz(func(t *testing.T, words, variable string) {
		args := strings.Split(words, "\x00")
		for _, word := range args {
			// The other commands write files and serve requests.
			for _, c := range allCommands() {
				if c.HasName(word) && word != "version" {
					return
				}
			}
		}
		got := runWith(t, "", []string{"BUILDSYNC_TIMEOUT=" + variable}, args...)
		if got.code != exitDone && got.code != exitInvalid {
			t.Errorf("%q: code %d\n%s", args, got.code, got.stderr)
		}
		if got.code == exitInvalid && (got.stdout != "" || !strings.HasPrefix(got.stderr, "buildsync: ")) {
			t.Errorf("%q: stdout %q, stderr %q", args, got.stdout, got.stderr)
		}
	})
}
