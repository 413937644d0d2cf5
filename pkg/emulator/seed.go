package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Seed is the content of a new store. A store that already has jobs or templates does not change.
type Seed struct {
	Jobs      int               // realistic jobs to make, the same ones each time
	Project   string            // of the jobs that name none; default DefaultProject
	Bodies    []SeedJob         // jobs as they are
	Templates []*jsontree.Value // bodies as for creating a template
	Files     []SeedFile        // for the keystore
}

// SeedJob is one job to begin with.
type SeedJob struct {
	Body     *jsontree.Value
	Disabled bool
	Notices  []wire.NoticeUpdate
}

// SeedFile is one file of the keystore of the first user's account.
type SeedFile struct {
	Name    string
	Content string
}

// ParseSeed reads a seed file: {"jobs": […], "templates": […], "generate": N,
// "project_id": …, "files": [{"name", "content"}]}. A job is a body as for
// creating one, or {"body": …, "disabled": true, "notices": […]}. Errors name
// the entry.
func ParseSeed(data []byte) (Seed, error) {
	tree, err := jsontree.Parse(data, jsontree.Limits{})
	if err != nil {
		return Seed{}, err
	}
	if tree.Kind() == jsontree.KindArray {
		tree = obj("jobs", tree)
	}
	c := &checker{}
	c.may("", tree, jsontree.KindNumber, "generate")
	c.may("", tree, jsontree.KindString, "project_id")
	seed := Seed{Project: tree.Str("project_id")}
	if n := tree.Str("generate"); n != "" {
		if _, err := fmt.Sscanf(n, "%d", &seed.Jobs); err != nil || seed.Jobs < 0 {
			c.fail("generate must be a number of jobs")
		}
	}
	c.each("", tree, "jobs", func(at string, v *jsontree.Value) { seed.Bodies = append(seed.Bodies, c.seedJob(at, v)) })
	c.each("", tree, "templates", func(_ string, v *jsontree.Value) { seed.Templates = append(seed.Templates, v) })
	c.each("", tree, "files", func(at string, v *jsontree.Value) {
		name := c.need(at, v, "name", jsontree.KindString).Text()
		seed.Files = append(seed.Files, SeedFile{name, v.Str("content")})
	})
	for _, m := range tree.Members() {
		switch m.Key {
		case "generate", "project_id", "jobs", "templates", "files":
		default:
			c.fail("%s is unknown; known: jobs, templates, files, generate and project_id", m.Key)
		}
	}
	return seed, seedError(c.err)
}

// seedError removes the API's wording from an error in a file.
func seedError(err error) error {
	var refused *apiError
	if errors.As(err, &refused) {
		return errors.New(strings.TrimPrefix(refused.message, "Invalid parameter. "))
	}
	return err
}

func (c *checker) seedJob(at string, v *jsontree.Value) SeedJob {
	if v.Get("body") == nil {
		return SeedJob{Body: v}
	}
	body := c.need(at, v, "body", jsontree.KindObject)
	c.may(at, v, jsontree.KindBool, "disabled")
	made := SeedJob{Body: body, Disabled: v.Str("disabled") == "true"}
	c.each(at, v, "notices", func(at string, n *jsontree.Value) {
		update := wire.NoticeUpdate{NoticeType: c.need(at, n, "notice_type", jsontree.KindString).Text()}
		for _, event := range c.need(at, n, "enabled_event_type_names", jsontree.KindArray).Items() {
			update.EnabledEventTypeNames = append(update.EnabledEventTypeNames, event.Text())
		}
		if config, given := n.Get("param_config").AsString(); given {
			update.ParamConfig = &config
		}
		made.Notices = append(made.Notices, update)
	})
	return made
}

// seed fills an empty store.
func (e *Emulator) seed(s Seed) error {
	if len(e.state.jobs)+len(e.state.templates) > 0 {
		return nil
	}
	user := &e.opts.Users[0]
	t := newTx(e.state, user, e.Now())
	project := cmp.Or(s.Project, DefaultProject)
	if s.Project == "" && len(e.opts.Projects) > 0 {
		project = e.opts.Projects[0]
	}
	for i := range s.Jobs {
		if err := e.seedJob(t, generatedJob(i), project); err != nil {
			return fmt.Errorf("seeding the emulator: generated job %d: %w", i, seedError(err))
		}
	}
	for i, j := range s.Bodies {
		if err := e.seedJob(t, j, project); err != nil {
			return fmt.Errorf("seeding the emulator: job %d (%s): %w", i+1, j.Body.Str("job_name"), seedError(err))
		}
	}
	for i, body := range s.Templates {
		made, err := e.newTemplate(t, user, body)
		if err != nil {
			return fmt.Errorf("seeding the emulator: template %d (%s): %w", i+1, body.Str("name"), seedError(err))
		}
		t.putTemplate(made)
	}
	for _, f := range s.Files {
		t.putFile(user.DomainID+"/"+f.Name, []byte(f.Content))
	}
	_, err := t.commit()
	return err
}

func (e *Emulator) seedJob(t *tx, s SeedJob, project string) error {
	body := s.Body.Clone()
	setIfEmpty(body, "project_id", project)
	if err := e.checkJob(body); err != nil {
		return err
	}
	j := e.newJob(t, body)
	j.Disabled = s.Disabled
	for _, n := range s.Notices {
		row, err := noticeOf(n)
		if err != nil {
			return err
		}
		j.Notices = append(j.Notices, row)
	}
	t.putJob(j, body, "CREATE")
	return nil
}
