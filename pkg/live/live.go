// Package live holds what every reader of the live state checks.
package live

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// RightJob checks that a body read by id is the job asked for, in its project.
// Members that are missing prove nothing. The error is a client.ErrWrongObject.
func RightJob(body *jsontree.Value, id, projectID string) error {
	if got := body.Str(wire.KeyJobID); got != "" && got != id {
		return fmt.Errorf("reading job %s: %w: the answer is job %s", id, client.ErrWrongObject, got)
	}
	if got := body.Str(wire.KeyProjectID); got != "" && !strings.EqualFold(got, projectID) {
		return fmt.Errorf("reading job %s of project %s: %w: the answer is of project %s", id, projectID, client.ErrWrongObject, got)
	}
	return nil
}
