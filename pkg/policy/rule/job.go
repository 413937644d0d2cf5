package rule

import (
	"reflect"
	"time"
)

// Job is a job as expressions see it, in the words of the definitions and without values of
// secrets.
type Job struct {
	Name          string            `expr:"name"`
	Project       string            `expr:"project"`
	Owner         string            `expr:"owner"`
	Labels        map[string]string `expr:"labels"`
	Arch          string            `expr:"arch"`
	Flavor        string            `expr:"flavor"`
	HostType      string            `expr:"host_type"`
	Enabled       bool              `expr:"enabled"`
	Protect       bool              `expr:"protect"`
	OnCommit      bool              `expr:"on_commit"`
	Timeout       time.Duration     `expr:"timeout"` // 0: none
	Template      string            `expr:"template"`
	Fragments     []string          `expr:"fragments"`
	Steps         []Step            `expr:"steps"`
	Parameters    []Parameter       `expr:"parameters"`
	SCMs          []SCM             `expr:"scms"`
	Triggers      []Trigger         `expr:"triggers"`
	Notifications []Notification    `expr:"notifications"`

	// Bytes is the length of all texts together.
	Bytes int `expr:"-"`
}

// Step is a step of a job.
type Step struct {
	Name     string            `expr:"name"`
	Action   string            `expr:"action"` // "" where no word stands for the module
	ModuleID string            `expr:"module_id"`
	Image    string            `expr:"image"`
	Enable   bool              `expr:"enable"`
	Inputs   map[string]string `expr:"inputs"` // properties in the API
}

// Parameter is a build parameter.
type Parameter struct {
	Name    string   `expr:"name"`
	Type    string   `expr:"type"`
	Default string   `expr:"default"`
	Options []string `expr:"options"`
	Secret  bool     `expr:"secret"`
}

// SCM is a code source.
type SCM struct {
	URL    string `expr:"url"`
	Branch string `expr:"branch"`
	Type   string `expr:"scm_type"`
	Depth  int    `expr:"depth"` // 0: all
}

// Trigger starts builds.
type Trigger struct {
	Name     string `expr:"name"`
	Cron     string `expr:"cron"`
	Timezone string `expr:"timezone"`
}

// Notification is a channel with its events.
type Notification struct {
	Channel string   `expr:"channel"`
	Events  []string `expr:"events"`
}

// weight returns the bound of work for one step of an expression.
func (j *Job) weight() int {
	items := len(j.Labels) + len(j.Fragments) + len(j.Steps) + len(j.Parameters) + len(j.SCMs) + len(j.Triggers) + len(j.Notifications)
	return j.Bytes + 64*items
}

var kinds = map[string]reflect.Type{
	"environment": reflect.TypeFor[environment](), "Job": reflect.TypeFor[Job](), "Step": reflect.TypeFor[Step](), "Parameter": reflect.TypeFor[Parameter](),
	"SCM": reflect.TypeFor[SCM](), "Trigger": reflect.TypeFor[Trigger](), "Notification": reflect.TypeFor[Notification](),
}

// fieldsOf lists the fields of a kind of value.
func fieldsOf(kind string) (names []string) {
	t := kinds[kind]
	if t == nil {
		return nil
	}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("expr"); name != "-" && name != "" {
			names = append(names, name)
		}
	}
	return names
}

// ofKind names a kind of value in the middle of a sentence.
func ofKind(kind string) string {
	switch kind {
	case "Job":
		return "job"
	case "SCM":
		return "a code source"
	case "Step", "Parameter", "Trigger", "Notification":
		return "a " + string(kind[0]|0x20) + kind[1:]
	}
	return kind
}
