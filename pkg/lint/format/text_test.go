package format

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, have []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, have, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(have)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func at(file string, line, column, endColumn int) spec.Range {
	return spec.Range{Start: spec.Pos{File: file, Line: line, Column: column}, End: spec.Pos{File: file, Line: line, Column: endColumn}}
}

const sample = "jobs:\n" +
	"  - name: 订单服务-build # 说明\n" +
	"\tarch: x86_64\n" +
	"    steps: [\u202e]\n" +
	"    long: " + "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 wrong 0123456789 0123456789 0123456789\n"

func samples() spec.Diagnostics {
	file := "jobs/订单.yaml"
	return spec.Diagnostics{
		{Rule: "job-name", Severity: spec.Error, Range: at(file, 2, 11, 15), Message: `job name "订单服务" is taken`, Hint: "choose another name",
			Related: []spec.Related{{Range: at("jobs/b.yaml", 3, 5, 9), Message: "first declared here"}, {Message: "one without a place"}}},
		{Rule: "arch", Severity: spec.Warning, Range: at(file, 3, 8, 14), Message: `unknown arch "x86_64"`, Hint: `did you mean "x86-64"?`},
		{Rule: "invisible-char", Severity: spec.Error, Range: at(file, 4, 13, 14), Message: "right-to-left override U+202E"},
		{Rule: "cron", Severity: spec.Info, Range: at(file, 5, 132, 137), Message: "far to the right"},
		{Rule: "wrong-type", Severity: spec.Error, Range: spec.Range{Start: spec.Pos{File: file, Line: 4, Column: 5}, End: spec.Pos{File: file, Line: 5, Column: 3}}, Message: "over two lines"},
		{Rule: "missing-key", Severity: spec.Error, Range: at(file, 99, 1, 2), Message: "after the end"},
		{Severity: spec.Error, Message: "no place, no rule"},
		{Rule: "yaml-syntax", Severity: spec.Error, Range: at("::set-output name=x::\n.yaml", 1, 1, 1), Message: "hostile\n::error::name"},
	}
}

func source(file string) []byte {
	if file == "jobs/订单.yaml" {
		return []byte(sample)
	}
	return nil
}

func TestText(t *testing.T) {
	t.Parallel()
	var plain, narrow bytes.Buffer
	if err := Text(&plain, samples(), Options{Source: source}); err != nil {
		t.Fatal(err)
	}
	golden(t, "text.out", plain.Bytes())
	if err := Text(&narrow, samples(), Options{Source: source, Width: 60, Color: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, "text-narrow-colour.out", narrow.Bytes())
}

// TestCutPutsTheMarkUnderTheRange checks that the caret is below its range, whatever characters
// come before it.
func TestCutPutsTheMarkUnderTheRange(t *testing.T) {
	t.Parallel()
	lines := []string{"plain text here", "\tone\ttwo", "订单服务 name", "e\u0301tude x", "a\u200bb", "😀 smile", "👨\u200d👩\u200d👧 family", "👍🏽 ok", "ｆｕｌｌ width", "\t\t订\t单 x", "한국어 a", "e\u0301\u0302x", "é\tö", ""}
	for _, line := range lines {
		runes := []rune(line)
		for start := 1; start <= len(runes)+1; start++ {
			for end := start; end <= len(runes)+1; end++ {
				have := cut(runes, start, end, 1000)
				prefix := cut(runes[:start-1], start, start, 1000)
				if have.before != prefix.before {
					t.Errorf("cut(%q, %d, %d): mark after %d cells, want %d", line, start, end, have.before, prefix.before)
				}
				if have.under < 1 || have.before > cells(have.text)+8 {
					t.Errorf("cut(%q, %d, %d) = %+v", line, start, end, have)
				}
			}
		}
	}
}

// TestCaretCoversTheText cuts the text above the mark out of the line and compares it with the
// range, for characters of any width.
func TestCaretCoversTheText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "订", "单", "\t", " ", "e\u0301", "😀", "👍🏽", "👨\u200d👩", "ｗ", "한", "\u202e", "é", "：", "|"}), 1, 12).Draw(t, "parts")
		line := []rune(strings.Join(parts, ""))
		start := rapid.IntRange(1, len(line)).Draw(t, "start")
		end := rapid.IntRange(start+1, len(line)+1).Draw(t, "end")
		have := cut(line, start, end, 1000)
		var want strings.Builder
		column := have.before
		for _, r := range line[start-1 : end-1] {
			printed, size := printable(r, column)
			want.WriteString(printed)
			column += size
		}
		above := cellsOf(have.text+strings.Repeat(" ", 200), have.before, have.before+have.under)
		bare := strings.NewReplacer("\u0301", "") // a range may part a letter from its accent, the mark cannot
		if cells(want.String()) > 0 && strings.TrimRight(bare.Replace(above), " ") != strings.TrimRight(bare.Replace(want.String()), " ") {
			t.Fatalf("%q from %d to %d: the mark stands under %q, want %q", string(line), start, end, above, want.String())
		}
	})
}

// cellsOf cuts a range of terminal cells out of a text; a character without a cell belongs to the
// one before it.
func cellsOf(text string, from, to int) string {
	var out strings.Builder
	column, taken := 0, false
	for _, r := range text {
		size := cells(string(r))
		if size > 0 {
			taken = column >= from && column < to
		}
		if taken {
			out.WriteRune(r)
		}
		column += size
	}
	return out.String()
}

// TestCutKeepsWithinTheWidth checks that a line that is cut takes no cell more than there is, since a
// terminal would break it.
func TestCutKeepsWithinTheWidth(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "订", "\t", "\u202e", "##vso[task.x]"} {
		line := []rune(strings.Repeat(unit, 300))
		for start := 1; start <= len(line); start += 7 {
			have := cut(line, start, start+20, 60)
			if size := cells(have.text); size > 60 {
				t.Errorf("%q from %d: %d cells", unit, start, size)
			}
			if have.before == 0 && start > 1 && cells(unit) > 0 && unit != "\t" {
				t.Errorf("%q from %d: the mark is at the start: %+v", unit, start, have)
			}
			if have.before+have.under > 60 {
				t.Errorf("%q from %d: the mark leaves the line: %+v", unit, start, have)
			}
		}
	}
}
