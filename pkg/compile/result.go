package compile

import (
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Result is a compiled workspace, ordered by address.
type Result struct {
	Environment string
	Jobs        []*Job
	Templates   []*Template // published ones only
	Removals    []Removal
	Secrets     []string // names declared in the workspace
	Families    []string // names of those that something uses, sorted
	Fragments   []string // names of those that something uses, sorted
	Declared    Shared   // names that jobs and policies can use
	UnknownVars []string // of Options.Vars: neither declared nor used

	Values    int  // of all bodies, with Options.Spent
	Exhausted bool // jobs were left out, since all definitions come to too many values
}

// Shared is what the definitions declare for jobs to use, by sorted names.
type Shared struct{ Templates, Fragments []string }

// Job is one desired build job.
type Job struct {
	Address   string // alias/job/name, such as "shop/job/order-service-build"
	Project   string // the alias
	ProjectID string
	Name      string

	Notices     []Notice // the declared channels, by type
	Enabled     *bool    // nil: not managed
	ID          string   // id: pins the job
	RenamedFrom []string
	Adopt       bool
	Protect     bool
	Secrets     []SecretUse

	// Owner and Labels are for people and for selecting jobs. They are never sent.
	Owner  string
	Labels map[string]string

	Template  string           // the name of the template that it uses, "" for none
	Fragments map[string][]int // by name, the indexes of its steps in Body

	Pos        spec.Pos              // of the definition; that of a family's job is in the family
	Use        spec.Pos              // of the entry of jobs that uses the family; zero without a family
	Provenance map[string]Provenance // by path, see StepPath; nil with Options.Pack

	body       *jsontree.Value // see Body
	packed     *packedJob      // with Options.Pack: in place of body
	nameAt     spec.Range
	former     []FormerName // RenamedFrom, with places
	writtenAt  spec.Range   // of the name
	chosen     []choice     // by the matrix that made the job
	use        *familyUse
	templateAt *spec.Node // the name of its template, nil for none
}

// NameAt returns the range to show for the name of the job. For a family's job that is the use of
// the family.
func (j *Job) NameAt() spec.Range { return j.nameAt }

// Former returns RenamedFrom with the places to show for each name.
func (j *Job) Former() []FormerName { return j.former }

// JobAddress returns the address of the job of a name in the project of an alias.
func JobAddress(alias, name string) string { return alias + "/job/" + name }

// SecretUse is a build parameter that takes its value from a secret.
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

// EachSetting visits the settings of a job that are not in its body.
func (j *Job) EachSetting(visit func(path string, v *jsontree.Value)) {
	if j.Enabled != nil {
		visit("enabled", jsontree.Bool(*j.Enabled))
	}
	if j.Protect {
		visit("protect", jsontree.Bool(true))
	}
	if j.Adopt {
		visit("adopt", jsontree.Bool(true))
	}
	if j.ID != "" {
		visit("id", jsontree.String(j.ID))
	}
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

	nameAt spec.Range // of Job
}

// Provenance is the origin of a compiled value.
type Provenance struct {
	Pos    spec.Pos
	Origin *spec.Origin
}
