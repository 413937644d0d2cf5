package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLogInJSON checks that each line of stderr is a JSON object with --log-format json, whatever
// wrote it.
func TestLogInJSON(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "w")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, "first-job"))); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + t.TempDir(), "BUILDSYNC_ENDPOINT=emulator"}
	for _, test := range []struct {
		args []string
		env  []string
		word string
	}{
		{[]string{"--log-format", "json", "apply", "-C", dir, "--yes"}, nil, "create demo/job/maven-package: applied"},
		{[]string{"drift", "-C", dir, "--log-format=json"}, nil, ""},
		{[]string{"plan", "-C", dir, "--log-format", "json", "--no-such-flag"}, nil, "has no flag --no-such-flag"},
		{[]string{"plan", "-C", dir, "--log-format", "json", "-v", "--only", "typo"}, nil, `"level":"ERROR"`},
		{[]string{"plan", "-C", dir, "-v"}, []string{"BUILDSYNC_LOG_FORMAT=json"}, `"level":"DEBUG"`},
		{[]string{"plan", "-C", t.TempDir(), "--log-format", "json"}, nil, `"level":"ERROR"`},
	} {
		got := runWith(t, "", append(test.env, env...), test.args...)
		if !strings.Contains(got.stderr, test.word) {
			t.Errorf("%v: stderr lacks %q:\n%s", test.args, test.word, got.stderr)
		}
		for line := range strings.Lines(got.stderr) {
			var record struct{ Time, Level, Msg string }
			if err := json.Unmarshal([]byte(line), &record); err != nil || record.Time == "" || record.Level == "" || record.Msg == "" {
				t.Errorf("%v: no record of a log: %v: %s", test.args, err, line)
			}
		}
	}
}
