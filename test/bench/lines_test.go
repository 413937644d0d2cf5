package main

import (
	"strings"
	"testing"
)

// TestFilesHaveSixtyLines checks that both sides of the comparison have the same number of lines.
func TestFilesHaveSixtyLines(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"definition": definition(1), "definition with notifications": definition(0), "workflow": workflow(1),
	} {
		if lines := strings.Count(text, "\n"); lines != 60 {
			t.Errorf("%s has %d lines", name, lines)
		}
	}
}

func TestMedianOfEachFigure(t *testing.T) {
	t.Parallel()
	got := median([]sample{{cpu: 3, wall: 1, rss: 9}, {cpu: 1, wall: 3, rss: 8}, {cpu: 2, wall: 2, rss: 7}})
	if want := (sample{cpu: 2, wall: 2, rss: 8}); got != want {
		t.Errorf("median is %v, not %v", got, want)
	}
}
