package export_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestNamelessParameter checks that a predefined parameter without a name is exported, and that the
// plan right after is empty.
func TestNamelessParameter(t *testing.T) {
	t.Parallel()
	body := obj("job_name", "n", "arch", "arm", "steps", jsontree.Array(),
		"parameters", jsontree.Array(obj("params", jsontree.Array(obj("name", "defaults", "value", "true")))))
	live := liveJob(body)
	live.Name = "n"
	holds(t, []*diff.LiveJob{live})
}
