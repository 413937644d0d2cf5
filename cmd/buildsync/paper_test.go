package main

import (
	"os"
	"path/filepath"
	"slices"
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

// TestTablesFit checks that a table fits its terminal, but for a single name that does not, and shows
// whole what people copy. Elsewhere no column is left out.
func TestTablesFit(t *testing.T) {
	t.Parallel()
	const name, short = "订单服务-a-rather-long-name-of-a-job-that-goes-on", "pay"
	id := strings.Repeat("0123456789abcdef", 2)
	path, place := `steps["Check the dependencies"].properties.command`, "services/payment/jobs/operations.yaml:12"
	for _, tc := range []struct {
		what  string
		table *screen.Table
		cells []string
		whole []string
	}{
		{"jobs", screen.NewTable("NAME", "ID", "STATE", "LAST BUILD", "BUILT AT", "HEALTH", "CREATOR"),
			[]string{name, id, "enabled", "succeeded", "2026-01-02T03:04:05Z", "100 %", "somebody"}, []string{name, id}},
		{"a short name", screen.NewTable("NAME", "ID", "STATE", "CREATOR"), []string{short, id, "enabled", "somebody"}, []string{short, id}},
		{"values", screen.NewTable("JOB", "PATH", "VALUE", "PLACE").Cutting("VALUE").Whole("JOB", "PATH", "PLACE"),
			[]string{name, path, strings.Repeat("value ", 20), place}, []string{name, path, place}},
		{"explained values", screen.NewTable("PATH", "VALUE", "PLACE", "FROM").Cutting("VALUE").Whole("PATH", "PLACE"),
			[]string{path, strings.Repeat("value ", 20), place, "variable flavor, default of the workspace defaults.job"}, []string{path, place}},
		{"one column", screen.NewTable("NAME"), []string{name}, []string{name}},
	} {
		tc.table.Add(tc.cells...)
		for _, width := range []int{0, 40, 50, 60, 80, 90, 100, 110, 120, 130, 140, 150, 160, 200, 300} {
			out := &screen.Paper{Width: width}
			tc.table.WriteTo(out)
			for line := range strings.Lines(out.String()) {
				cells := screen.DisplayCells.StringWidth(strings.TrimRight(line, "\n"))
				if width > 0 && cells > width && !slices.Contains(tc.whole, strings.TrimSpace(line)) {
					t.Errorf("%s, %d columns: a line of %d cells: %s", tc.what, width, cells, line)
				}
			}
			for _, text := range tc.whole {
				if !strings.Contains(out.String(), text) {
					t.Errorf("%s, %d columns: %q is cut:\n%s", tc.what, width, text, out)
				}
			}
			if strings.Contains(out.String(), "(1 more columns") {
				t.Errorf("%s, %d columns: one column is not a plural:\n%s", tc.what, width, out)
			}
			if last := tc.cells[len(tc.cells)-1]; (width == 0 || width == 300) && !strings.Contains(out.String(), last) {
				t.Errorf("%s, %d columns: %q is left out:\n%s", tc.what, width, last, out)
			}
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
