package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/internal/screen"
)

// TestOneFormOfTime checks that people see one form of a time, whatever form the service writes.
func TestOneFormOfTime(t *testing.T) {
	t.Parallel()
	utc, far := &screen.Paper{}, &screen.Paper{Zone: time.FixedZone("far", 8*60*60)}
	for text, want := range map[string]string{
		"1767323045000":                 "2026-01-02T03:04:05Z",
		"2026-01-02T03:04:05Z":          "2026-01-02T03:04:05Z",
		"2026-01-02T11:04:05+08:00":     "2026-01-02T03:04:05Z",
		"2026-01-02T03:04:05.792+00:00": "2026-01-02T03:04:05Z",
		"2026-01-02T11:04:05.792+0800":  "2026-01-02T03:04:05Z",
		"0":                             "",
		"":                              "",
		"yesterday":                     "yesterday",
	} {
		if got := utc.Time(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	if got := far.Time("1767323045000"); got != "2026-01-02T11:04:05+08:00" {
		t.Errorf("in the reader's zone: %q", got)
	}
}

// TestTablesFit checks that a table fits its terminal and keeps its first two columns. Elsewhere no
// column is left out.
func TestTablesFit(t *testing.T) {
	t.Parallel()
	table := screen.NewTable("NAME", "ID", "STATE", "LAST BUILD", "BUILT AT", "HEALTH", "CREATOR")
	table.Add("订单服务-a-rather-long-name-of-a-job-that-goes-on", strings.Repeat("0123456789abcdef", 2), "enabled", "succeeded", "2026-01-02T03:04:05Z", "100 %", "somebody")
	for _, width := range []int{0, 50, 80, 100, 110, 120, 130, 140, 150, 160, 200} {
		out := &screen.Paper{Width: width}
		table.WriteTo(out)
		for line := range strings.Lines(out.String()) {
			if cells := screen.DisplayCells.StringWidth(strings.TrimRight(line, "\n")); width > 0 && cells > width {
				t.Errorf("%d columns: a line of %d cells: %s", width, cells, line)
			}
		}
		if !strings.Contains(out.String(), strings.Repeat("0123456789abcdef", 2)) {
			t.Errorf("%d columns: the id is cut:\n%s", width, out)
		}
		if strings.Contains(out.String(), "(1 more columns") {
			t.Errorf("%d columns: one column is no plural:\n%s", width, out)
		}
		if (width == 0 || width == 200) && !strings.Contains(out.String(), "somebody") {
			t.Errorf("%d columns: something is left out:\n%s", width, out)
		}
	}
}

// TestUnknownEnvironment checks that an unknown --env is reported as a mistake on the command line.
func TestUnknownEnvironment(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "w")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, "first-job"))); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"plan", "apply", "drift", "compile", "job list"} {
		got := runWith(t, "", []string{"HOME=" + dir}, append([]string{"-C", dir, "--env", "prdo", "--endpoint", "emulator"}, strings.Fields(command)...)...)
		if got.code != exitInvalid || !strings.HasPrefix(got.stderr, `buildsync: --env "prdo": buildsync.yaml does not declare this environment`) {
			t.Errorf("%s: %+v", command, got)
		}
	}
}
