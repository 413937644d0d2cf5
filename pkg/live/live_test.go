package live_test

import (
	"errors"
	"testing"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
)

// An answer about another job, or of another project, is none; members that are
// missing prove nothing.
func TestRightJob(t *testing.T) {
	t.Parallel()
	for body, right := range map[string]bool{
		`{}`: true, `{"job_id":"a","project_id":"P"}`: true,
		`{"job_id":"b","project_id":"p"}`: false, `{"job_id":"a","project_id":"q"}`: false, `{"project_id":"q"}`: false,
	} {
		tree, err := jsontree.Parse([]byte(body), jsontree.Limits{Bytes: 1000, Values: 100})
		if err != nil {
			t.Fatal(err)
		}
		err = live.RightJob(tree, "a", "p")
		if (err == nil) != right || err != nil && (!errors.Is(err, client.ErrWrongObject) || !client.EndsRun(err)) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
