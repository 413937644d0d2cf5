package textedit_test

import (
	"testing"

	"github.com/buildsync/buildsync/internal/textedit"
)

// TestApply checks the order of edits, and that an edit within what another replaces is dropped.
func TestApply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edits []textedit.Edit
		want  string
	}{
		{nil, "abcdef"},
		{[]textedit.Edit{{Start: 4, End: 5, New: "X"}, {Start: 1, End: 2}}, "acdXf"},
		{[]textedit.Edit{{Start: 1, End: 4, New: "-"}, {Start: 2, End: 3, New: "lost"}}, "a-ef"},
		{[]textedit.Edit{{Start: 2, End: 3}, {Start: 2, End: 2, New: "1"}, {Start: 2, End: 2, New: "2"}}, "ab12def"},
		{[]textedit.Edit{{Start: 6, End: 6, New: "g"}}, "abcdefg"},
	} {
		if have := string(textedit.Apply([]byte("abcdef"), c.edits)); have != c.want {
			t.Errorf("%v: have %s, want %s", c.edits, have, c.want)
		}
	}
}

// TestOverlap checks that edits that touch count as overlapping, because the order of their texts
// would be random.
func TestOverlap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b [2]int
		want bool
	}{
		{[2]int{0, 2}, [2]int{3, 4}, false},
		{[2]int{0, 2}, [2]int{2, 4}, true},
		{[2]int{0, 2}, [2]int{2, 2}, true},
		{[2]int{1, 1}, [2]int{1, 1}, true},
		{[2]int{0, 9}, [2]int{3, 4}, true},
	} {
		a, b := textedit.Edit{Start: c.a[0], End: c.a[1]}, textedit.Edit{Start: c.b[0], End: c.b[1]}
		if textedit.Overlap(a, b) != c.want || textedit.Overlap(b, a) != c.want {
			t.Errorf("%v and %v: overlap is not %t", c.a, c.b, c.want)
		}
	}
}
