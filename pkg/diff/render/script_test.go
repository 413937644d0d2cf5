package render

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/diff"
)

// scriptPair draws two scripts with lines in common, with and without a line
// break at the end.
func scriptPair() *rapid.Generator[[2]string] {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "  d", "e\t", "make", "\\ x", "-", "+", "@@"}), 0, 40)
	return rapid.Custom(func(t *rapid.T) [2]string {
		var out [2]string
		for i := range out {
			out[i] = strings.Join(lines.Draw(t, "lines"), "\n")
			if rapid.Bool().Draw(t, "ended") && out[i] != "" {
				out[i] += "\n"
			}
		}
		return out
	})
}

// TestUnifiedAppliesWithGit lets git judge the hunks: applied to the old
// script they give the new one, for a hundred random pairs in one patch.
func TestUnifiedAppliesWithGit(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal("git is needed to judge patches")
	}
	dir := t.TempDir()
	var patch strings.Builder
	want := map[string]string{}
	for seed := range 100 {
		p := scriptPair().Example(seed)
		name := fmt.Sprintf("f%d", seed)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(p[0]), 0o644); err != nil {
			t.Fatal(err)
		}
		want[name] = p[1]
		patch.WriteString(diffScripts(p[0], p[1]).unified(name))
	}
	cmd := exec.Command(git, "apply", "--unidiff-zero", "--whitespace=nowarn", "-")
	cmd.Dir = dir
	cmd.Env = []string{"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir), "HOME=" + dir}
	cmd.Stdin = strings.NewReader(patch.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s", err, out)
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != text {
			t.Errorf("%s: git made %q, want %q", name, got, text)
		}
	}
}

// TestDiffScripts checks that every difference is minimal, and that both scripts can be read from
// it.
func TestDiffScripts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := scriptPair().Draw(t, "pair")
		a, b := splitLines(p[0]), splitLines(p[1])
		var before, after strings.Builder
		changed := 0
		for _, l := range weave(a, b, matches(a, b)) {
			text := l.text
			if !l.open {
				text += "\n"
			}
			if l.kind != '+' {
				before.WriteString(text)
			}
			if l.kind != '-' {
				after.WriteString(text)
			}
			if l.kind != ' ' {
				changed++
			}
		}
		if before.String() != p[0] || after.String() != p[1] {
			t.Fatalf("%q and %q read back as %q and %q", p[0], p[1], before.String(), after.String())
		}
		if least := len(a) + len(b) - 2*longestCommon(a, b); changed != least {
			t.Fatalf("%d lines changed where %d suffice", changed, least)
		}
	})
}

// longestCommon returns the length of the longest common subsequence, by the book.
func longestCommon(a, b []string) int {
	row := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

func TestHunks(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("line %d\n", i+1))
	}
	before := strings.Join(lines, "")
	lines[9] = "ten\n"
	lines[16] = "seventeen\n" // six lines apart: one hunk
	lines[30] = "thirty-one\n"
	d := diffScripts(before, strings.Join(lines, ""))
	if len(d.hunks) != 2 || d.changed != 3 || d.hunks[0].start() != 7 || d.hunks[1].start() != 28 {
		t.Errorf("%d hunks, %d lines, first at %d", len(d.hunks), d.changed, d.hunks[0].start())
	}
}

// TestChangedLinesAreThoseOfTheLongerSide checks that a changed line is one changed line.
func TestChangedLinesAreThoseOfTheLongerSide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before, after string
		changed       int
	}{
		{"make\n", "make all\n", 1}, {"make", "make all", 1}, {"a\nb\n", "c\nd\n", 2}, {"a\n", "b\nc\n", 2}, {"a\nb\nc\n", "x\n", 3},
		{"a\nb\nc\n", "x\nb\ny\n", 2}, {"", "a\nb\n", 2}, {"a\n", "a", 1}, {"a\n", "a\n", 0},
	} {
		if got := diffScripts(c.before, c.after).changed; got != c.changed {
			t.Errorf("%q → %q: %d lines changed, want %d", c.before, c.after, got, c.changed)
		}
	}
}

// BenchmarkDiffScripts compares two scripts of 5,000 lines, of which every second line was edited.
func BenchmarkDiffScripts(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var before, after []string
	for i := range 5000 {
		l := fmt.Sprintf("command %d --with argument\n", r.IntN(3000))
		before = append(before, l)
		if i%2 == 0 {
			l = fmt.Sprintf("edited %d\n", i)
		}
		after = append(after, l)
	}
	x, y := strings.Join(before, ""), strings.Join(after, "")
	b.ReportAllocs()
	for b.Loop() {
		diffScripts(x, y)
	}
}

// TestNeedsAreCountedByJob checks that a job and its notifications are one name, and that jobs of one
// name in several projects are several.
func TestNeedsAreCountedByJob(t *testing.T) {
	t.Parallel()
	plan := &diff.Plan{Needs: []diff.Need{{Secret: "TOKEN", Addresses: []string{"a/job/x", "a/notification/x", "b/job/x", "c/job/x", "c/job/y"}}}}
	if got := needLines(plan); !slices.Equal(got, []string{"Needs at apply: secret TOKEN (x, x, x and 1 more)."}) {
		t.Errorf("%q", got)
	}
}
