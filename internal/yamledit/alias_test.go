package yamledit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestDetach gives aliases of the anchors in the part called "from" values of their own.
func TestDetach(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"a scalar":              {"from:\n  a: &x 0755 # a\nb: *x # b\n", "from:\n  a: 0755 # a\nb: 0755 # b\n"},
		"a script":              {"from:\n  a: &x | # a\n    l\n    m\nb: *x # b\n", "from:\n  a: | # a\n    l\n    m\nb: | # b\n  l\n  m\n"},
		"a mapping in a list":   {"from:\n  - &x\n    # k\n    k: &y v\n    m: [*y]\nb:\n  # above\n  - *x # beside\n", "from:\n  -\n    # k\n    k: v\n    m: [v]\nb:\n  # above\n  - k: v # beside\n    m: [v]\n"},
		"in brackets":           {"from: {a: &x {k: v}, b: *x}\nc: [*x, 1]\n", "from: {a: {k: v}, b: {k: v}}\nc: [{k: v}, 1]\n"},
		"a merge key":           {"from: &x\n  k: v\nb:\n  <<: *x\n  l: w\n", "from:\n  k: v\nb:\n  <<:\n    k: v\n  l: w\n"},
		"an anchor that stays":  {"x: &x 1\nfrom: &y [*x, 2]\nb: *y\n", "x: &x 1\nfrom: [*x, 2]\nb: [*x, 2]\n"},
		"a name given again":    {"from: &x 1\nb: *x\nc: &x 2\nd: *x\n", "from: 1\nb: 1\nc: &x 2\nd: *x\n"},
		"nothing is anchored":   {"from: 1\nb: &x 2\nc: *x\n", "from: 1\nb: &x 2\nc: *x\n"},
		"an empty value":        {"from:\n  a: &x\n  b: *x\n", "from:\n  a:\n  b: null\n"},
		"a text that is quoted": {"from: &x \"a\\tb\"\nb: *x\n", "from: \"a\\tb\"\nb: \"a\\tb\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, found := spec.ParseFile("a.yaml", []byte(c[0]))
			if found.HasErrors() {
				t.Fatal(found)
			}
			e := yamledit.New("a.yaml", []byte(c[0]))
			from := strings.Index(c[0], "from")
			e.Detach(from, from+endOfEntry(c[0][from:]))
			have := string(e.Apply())
			if diff := cmp.Diff(c[1], have); diff != "" {
				t.Fatalf("(-want +have):\n%s", diff)
			}
			after, found := spec.ParseFile("a.yaml", []byte(have))
			if found.HasErrors() || cmp.Diff(before.JSON().Indented(), after.JSON().Indented()) != "" {
				t.Errorf("the file means something else: %v\n%s", found, have)
			}
		})
	}
}

// endOfEntry returns where the next line begins that is not indented.
func endOfEntry(text string) int {
	at := 0
	for line := range strings.Lines(text) {
		if at > 0 && !strings.HasPrefix(line, " ") {
			break
		}
		at += len(line)
	}
	return at
}
