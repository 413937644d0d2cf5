package compile

import (
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Result is what the definitions of a workspace mean, ordered by address.
type Result struct {
	Environment string
	Jobs        []*Job
	Templates   []*Template // published ones only
	Removals    []Removal
	Secrets     []string // names declared in the workspace
	Families    []string // names of those that something uses, sorted
	Fragments   []string // names of those that something uses, sorted
	UnknownVars []string // of Options.Vars: neither declared nor referred to
}

// Job is one desired build job.
type Job struct {
	Address   string // alias/job/name, such as "shop/job/order-service-build"
	Project   string // the alias
	ProjectID string
	Name      string

	// Body holds the members of the API's create and update bodies that the
	// definitions declare, in the reference's order and with its wire types; a
	// null or an empty array is a declared one. What is absent is not managed.
	// A secret's defaultValue holds spec.SecretPlaceholder.
	// It is nil in a job that was packed, see Options.Pack.
	Body *jsontree.Value

	Notices     []Notice // the declared channels, by type
	Enabled     *bool    // nil: not managed
	ID          string   // id: pins the job
	RenamedFrom []string
	Adopt       bool
	Protect     bool
	Secrets     []SecretUse

	// Owner and Labels say whose the job is and what it is selected by. They are
	// never sent.
	Owner  string
	Labels map[string]string

	Template  string           // the name of the template that it uses, "" for none
	Fragments map[string][]int // by name, the indexes in Body's steps of what comes from it

	Pos        spec.Pos              // of the definition; that of a family's job stands in the family
	Use        spec.Pos              // of the entry of jobs that uses the family; zero for a job of none
	Provenance map[string]Provenance // by path, see StepPath and its kin; nil in a job that was packed

	packed    *packedJob
	nameAt    spec.Range
	writtenAt spec.Range // of the name
	chosen    []choice   // by the matrix that made the job
	use       *familyUse
}

// NameAt is where the name of the job is said: of a family's job at the use of the
// family, since that is what makes it another job.
func (j *Job) NameAt() spec.Range { return j.nameAt }

// JobAddress returns the address of the job of a name in the project of an alias.
func JobAddress(alias, name string) string { return alias + "/job/" + name }

// SecretUse says that a build parameter takes its value from a secret.
type SecretUse struct {
	Parameter string // the build parameter's name
	Secret    string // the workspace's name of the secret
	Pos       spec.Pos
}

// Notice is the declared state of one notification channel.
type Notice struct {
	Type        string   // MAIL, MESSAGE, DING_TALK, WECOM, FEISHU or what the file says
	Events      []string // sorted; empty: off
	ParamConfig *string  // nil: not managed
	Secret      string   // that ParamConfig takes its value from; it holds the placeholder then
	Pos         spec.Pos
}

// Template is one desired published build template.
type Template struct {
	Address string // alias/template/name; templates belong to the caller, the alias is the default project's
	Name    string
	Body    *jsontree.Value // the API's create body (reference 4.21)
	Pos     spec.Pos

	Provenance map[string]Provenance
}

// Removal is an entry of removed: in a definitions file.
type Removal struct {
	Address   string
	Project   string
	ProjectID string
	Job       string
	Action    string // disable or delete
	Reason    string
	Pos       spec.Pos
}

// Provenance says where a compiled value came from.
type Provenance struct {
	Pos    spec.Pos
	Origin *spec.Origin
}
