package valuepath_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/valuepath"
)

// TestAWalkMatchesAsAPathDoes compares the states of a walk with Matches.
func TestAWalkMatchesAsAPathDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern, path, spelled := "", "", ""
		for range rapid.IntRange(1, 4).Draw(t, "segments of the pattern") {
			pattern += rapid.SampledFrom([]string{".a", ".b", ".*", ".**", "[0]", "[1]", "[*]", ".a*", `["a"#2]`, ".steps", ".image"}).Draw(t, "segment")
		}
		p, err := valuepath.Parse(pattern)
		if err != nil {
			t.Fatal(err) // all that is drawn is a path
		}
		state, ok := p.Start()
		if !ok {
			t.Fatalf("%s is too long", pattern)
		}
		for range rapid.IntRange(1, 5).Draw(t, "segments of the path") {
			if rapid.Bool().Draw(t, "index") {
				i := rapid.IntRange(0, 1).Draw(t, "i")
				state, spelled = p.Index(state, i), valuepath.Index(i)
			} else {
				name := rapid.SampledFrom([]string{"a", "b", "ab", "steps", "image", "properties"}).Draw(t, "name")
				nth := rapid.IntRange(1, 2).Draw(t, "nth")
				state, spelled = p.Name(state, name, nth), valuepath.Name(name, nth)
			}
			path += spelled
		}
		if have, want := p.Matched(state), p.Matches(valuepath.Own(path)); have != want {
			t.Fatalf("%s against %s: the walk says %t, Matches %t", pattern, path, have, want)
		}
		if p.Matched(state) && !state.Alive() {
			t.Fatalf("%s against %s: matched and not alive", pattern, path)
		}
	})
}

func TestLastItem(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{"arch": 0, "steps[*].image": 2, "scms[*].branch": 2, "triggers[*]": 2, "steps[A].image": 0, "**.command": 1} {
		if have := parse(t, path).LastItem(); have != want {
			t.Errorf("%s leaves open %d segments, want %d", path, have, want)
		}
	}
}
