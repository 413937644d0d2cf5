package diff

import (
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Offline is the endpoint of a plan for which nothing live was consulted: it
// shows what changed against the base.
const Offline = "offline"

// BuiltInEmulator is the endpoint of a plan that was made with the emulator
// inside the command.
const BuiltInEmulator = "emulator"

// Snapshot is the live state that a plan was made from.
type Snapshot struct {
	Endpoint  string
	Projects  map[string]*LiveProject // by project id
	Templates []*LiveTemplate         // the caller's own

	// TemplatesProblem is why Templates may not be all of them, for people; ""
	// where they are. A template that is missing then is unknown, not absent.
	TemplatesProblem string
}

// LiveProject is one project's listing and what was read of its jobs.
type LiveProject struct {
	ID       string
	Complete bool   // every page was read and the count fits
	Problem  string // why it is not, for people
	ReadErr  error  // the listing failed: there is nothing to judge it by
	Doubted  bool   // a page of it was empty, so that its count may be wrong too
	Jobs     []*LiveJob
}

// LiveJob is one live job. Body and Notices are nil where they were not read.
type LiveJob struct {
	ProjectID string
	ID        string
	Name      string
	Item      wire.JobItem
	Body      *jsontree.Value // result of the query endpoint, as it came
	Notices   []wire.Notice
	ReadErr   error // the read failed: verdict unknown

	// Full reads the body over the newer route, which shows members that the
	// other leaves out; nil where that is the route in use.
	Full      func() (*jsontree.Value, error)
	Completed bool     // Body was completed by Full
	Unseen    []string // members that could not be compared, because Full failed
}

// LiveTemplate is one of the caller's build templates.
type LiveTemplate struct {
	UUID string
	Name string
	Body *jsontree.Value // the item as it came
}
