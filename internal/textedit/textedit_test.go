package textedit_test

import (
	"testing"

	"github.com/buildsync/buildsync/internal/textedit"
)

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
