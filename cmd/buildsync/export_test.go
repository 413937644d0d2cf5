package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// estate is a service with realistic jobs in several projects, and a workspace
// that knows the projects and nothing else.
type estate struct {
	*emulator.Emulator
	dir string
	env []string
}

func newEstate(t *testing.T, jobs, projects int) *estate {
	t.Helper()
	e := &estate{dir: t.TempDir()}
	e.Emulator = serveEstate(t, emulator.Seed{Bodies: estateBodies(t, jobs, projects)}, &e.env)
	var workspace strings.Builder
	workspace.WriteString("# The estate.\nversion: 1\nregion: cn-north-4\ndefinitions: [\"jobs/**/*.yaml\", \"templates/**/*.yaml\"]\nprojects:\n")
	for i := range projects {
		fmt.Fprintf(&workspace, "  team%02d: %s   # team %d\n", i, estateProject(i), i)
	}
	e.write(t, "buildsync.yaml", workspace.String())
	return e
}

func serveEstate(t *testing.T, seed emulator.Seed, env *[]string) *emulator.Emulator {
	t.Helper()
	return serveWith(t, emulator.Options{Seed: seed}, env)
}

func serveWith(t *testing.T, opts emulator.Options, env *[]string) *emulator.Emulator {
	t.Helper()
	core, err := emulator.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(core)
	t.Cleanup(func() {
		_ = core.Close()
		server.Close()
	})
	*env = []string{"BUILDSYNC_ENDPOINT=" + server.URL, "BUILDSYNC_RATE=600000/min", "HOME=" + t.TempDir(),
		"HUAWEICLOUD_SDK_AK=" + emulator.DefaultAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.DefaultSecretKey}
	return core
}

func estateProject(i int) string { return fmt.Sprintf("%032x", 0xabc000+i) }

// estateBodies returns the emulator's own realistic jobs, spread over projects.
func estateBodies(t *testing.T, jobs, projects int) []emulator.SeedJob {
	t.Helper()
	core, err := emulator.New(emulator.Options{Seed: emulator.Seed{Jobs: jobs}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = core.Close() }()
	truth, err := core.Truth()
	if err != nil {
		t.Fatal(err)
	}
	var bodies []emulator.SeedJob
	for i, job := range truth.Jobs {
		body := job.Body.Clone()
		body.Delete("job_id")
		body.Set("project_id", jsontree.String(estateProject(i%projects)))
		seeded := emulator.SeedJob{Body: body, Disabled: job.Disabled}
		if i%3 == 0 {
			seeded.Notices = []wire.NoticeUpdate{{NoticeType: "DING_TALK", EnabledEventTypeNames: []string{"buildJobFail", "deleteJob"}}}
		}
		bodies = append(bodies, seeded)
	}
	return bodies
}

func (e *estate) write(t *testing.T, name, text string) {
	t.Helper()
	full := filepath.Join(e.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (e *estate) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// run runs a command that must end with a code and print each of the texts.
func (e *estate) run(t *testing.T, code int, args []string, texts ...string) result {
	t.Helper()
	got := runWith(t, "", e.env, append([]string{"-C", e.dir}, args...)...)
	if got.code != code {
		t.Fatalf("%v: code %d, want %d\n%s%s", args, got.code, code, got.stdout, got.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(got.stdout, text) {
			t.Errorf("%v: no %q in\n%s%s", args, text, got.stdout, got.stderr)
		}
	}
	return got
}

// writes counts the requests that are not reads.
func (e *estate) writes() int {
	count := 0
	for _, call := range e.Calls() {
		if call.Method != http.MethodGet {
			count++
		}
	}
	return count
}

const nothingToDo = " in step: "

// TestExportEstate takes over 96 jobs in 12 projects: exported, verified,
// planned, factored, planned.
func TestExportEstate(t *testing.T) {
	t.Parallel()
	e := newEstate(t, 96, 12)
	first := e.run(t, exitDone, []string{"export", "--verify"}, "Export: 96 written.", "96 of 96 exact")
	if !strings.Contains(first.stderr, "team04: 8 jobs read (5 of 12 projects)\n") || strings.Contains(first.stderr, "warning") {
		t.Errorf("no progress, or a warning that there are no definitions yet, in\n%s", first.stderr)
	}
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"}, nothingToDo, "96 jobs.")
	e.run(t, exitDone, []string{"fmt", "--check"})

	before := folderSize(t, e.dir)
	e.run(t, exitDone, []string{"export", "--factor", "--verify"}, "Export: 96 defined already.", "Factored: 96 definitions are shorter.", "96 of 96 exact")
	if after := folderSize(t, e.dir); after > before*3/4 {
		t.Errorf("%d bytes became %d", before, after)
	}
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"}, nothingToDo, "96 jobs.")
	if workspace := e.read(t, "buildsync.yaml"); !strings.HasPrefix(workspace, "# The estate.\n") || !strings.Contains(workspace, "   # team 3\n") {
		t.Errorf("comments are lost:\n%s", workspace)
	}
	if writes := e.writes(); writes > 0 {
		t.Errorf("%d requests that write", writes)
	}
}

func folderSize(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	if err := filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			bytes += info.Size()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return bytes
}

// TestExportReadsOnlyNewJobs checks that export does not read a defined job again.
func TestExportReadsOnlyNewJobs(t *testing.T) {
	t.Parallel()
	e := newEstate(t, 24, 2)
	if err := e.Fail(emulator.Fault{Op: "QueryJob", Kind: emulator.FaultStatus, Status: http.StatusUnauthorized, Nth: 18, Times: -1}); err != nil {
		t.Fatal(err)
	}
	// Two at a time, so that files are written before the failing read begins.
	first := runWith(t, "", e.env, "-C", e.dir, "export", "--parallelism", "2")
	if first.code == exitDone {
		t.Fatalf("the fault did not show:\n%s%s", first.stdout, first.stderr)
	}
	done := strings.Count(first.stdout, "wrote ")
	if done == 0 || done == 24 {
		t.Fatalf("%d files\n%s%s", done, first.stdout, first.stderr)
	}
	e.ClearFaults()
	// The command's own count: the service may still record what the first run
	// gave up on.
	second := e.run(t, exitDone, []string{"export", "--stats"}, exported(24-done, done))
	if want := fmt.Sprintf("%5d read job\n", 24-done); !strings.Contains(second.stderr, want) {
		t.Errorf("no %q in\n%s", want, second.stderr)
	}
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"}, nothingToDo)
}

// first returns the name of the first job and the file that it is exported to.
func (e *estate) first(t *testing.T) (name, file string) {
	t.Helper()
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	return truth.Jobs[0].Name, "jobs/team00/" + truth.Jobs[0].Name + ".yaml"
}

// TestExportNeverOverwrites checks that files stay as they are without --force, and keep their
// comments with it.
func TestExportNeverOverwrites(t *testing.T) {
	t.Parallel()
	e := newEstate(t, 4, 1)
	e.run(t, exitDone, []string{"export"})
	_, file := e.first(t)
	edited := "# Mine.\n" + strings.Replace(e.read(t, file), "arch: x86-64", "arch: arm   # try it", 1)
	e.write(t, file, edited)
	e.run(t, exitDone, []string{"export"}, "Export: 4 defined already.")
	e.run(t, exitDifferent, []string{"export", "--verify"}, "3 of 4 exact")
	if e.read(t, file) != edited {
		t.Error("the file was overwritten")
	}
	e.run(t, exitDone, []string{"export", "--force", "--verify"}, "edited "+file, "1 edited, 3 defined already", "4 of 4 exact")
	if want := strings.Replace(edited, "arch: arm ", "arch: x86-64 ", 1); e.read(t, file) != want {
		t.Errorf("have\n%s", e.read(t, file))
	}

	// A file that defines something else is never touched.
	e.write(t, file, "version: 1\n")
	got := e.run(t, exitPartial, []string{"export", "--force"}, "1 not exported")
	if !strings.Contains(got.stderr, file+" exists and defines something else") || e.read(t, file) != "version: 1\n" {
		t.Errorf("%s\n%s", got.stderr, e.read(t, file))
	}
}

// TestExportEditsJobsOfOneFile checks that positions in a file move when a job above them is
// edited.
func TestExportEditsJobsOfOneFile(t *testing.T) {
	t.Parallel()
	e := newEstate(t, 6, 1)
	e.run(t, exitDone, []string{"export"})
	whole := "version: 1\njobs:\n"
	files, err := filepath.Glob(filepath.Join(e.dir, "jobs", "team00", "*.yaml"))
	if err != nil || len(files) != 6 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		whole += strings.TrimPrefix(string(text), "version: 1\njobs:\n")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	whole = regexp.MustCompile(`(?m)^    flavor: .*\n`).ReplaceAllString(whole, "")
	e.write(t, "jobs/all.yaml", strings.ReplaceAll(whole, "host_type: devcloud", "host_type: custom_host # ours"))
	// What was edited has the form of fmt, and the command that brings the rest to it is named.
	e.write(t, "jobs/all.yaml", "version:   1\n"+strings.TrimPrefix(e.read(t, "jobs/all.yaml"), "version: 1\n"))
	got := e.run(t, exitDone, []string{"export", "--force", "--verify"}, "Export: 6 edited.", "6 of 6 exact")
	if note := "the parts of jobs/all.yaml that were not edited do not have the form of fmt; `buildsync fmt` brings them to it"; !strings.Contains(got.stderr, note) {
		t.Errorf("have %q\nwant %q", got.stderr, note)
	}
	e.run(t, exitDifferent, []string{"fmt", "--check"})
	e.run(t, exitDone, []string{"fmt"})
	if text := e.read(t, "jobs/all.yaml"); strings.Count(text, "host_type: devcloud # ours\n") != 6 || strings.Count(text, "    flavor: ") != 6 {
		t.Errorf("have\n%s", text)
	}
}

// TestExportKnowsRenames checks that a job counts as defined if a definition is about to rename it.
func TestExportKnowsRenames(t *testing.T) {
	t.Parallel()
	e := newEstate(t, 2, 1)
	e.run(t, exitDone, []string{"export"})
	name, file := e.first(t)
	e.write(t, file, strings.Replace(e.read(t, file), "name: "+name+"\n", "name: renamed\n    renamed_from: ["+name+"]\n", 1))
	e.run(t, exitDone, []string{"export", "--verify"}, "Export: 2 defined already.", "2 of 2 exact")
}

// TestExportLeavesIgnoredJobs checks that a job that the policy ignores gets no definition.
func TestExportLeavesIgnoredJobs(t *testing.T) {
	t.Parallel()
	e := newEstate(t, 4, 1)
	e.write(t, "buildsync.yaml", e.read(t, "buildsync.yaml")+"policy:\n  ignore:\n    - {job: \"*-0001\", reason: theirs}\n    - {job: \"*\", fields: [flavor], reason: by hand}\n")
	got := e.run(t, exitDone, []string{"export", "--verify"}, "3 written", "3 of 3 exact")
	if !strings.Contains(got.stderr, "left out, because policy.ignore names them:  team00/job/") {
		t.Errorf("have\n%s", got.stderr)
	}
}

// TestExportSecrets checks that no value of a secret reaches a file, and that the workspace
// declares the secrets to supply.
func TestExportSecrets(t *testing.T) {
	t.Parallel()
	parse := func(text string) *jsontree.Value {
		v, err := jsontree.Parse([]byte(text), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	secretParam := `{"name": "hudson.model.StringParameterDefinition", "params": [{"name": "name", "value": "TOKEN"}, {"name": "type", "value": "normalparam"},
		{"name": "defaultValue", "value": "canary-1"}, {"name": "sensitiveVar", "value": "true"}]}`
	config := `{"webhook": "https://example.com/canary-2"}`
	e := &estate{dir: t.TempDir()}
	var seed emulator.Seed
	for _, name := range []string{"one", "二"} {
		seed.Bodies = append(seed.Bodies, emulator.SeedJob{
			Body:    parse(`{"job_name": "` + name + `", "project_id": "` + estateProject(0) + `", "arch": "arm", "steps": [], "parameters": [` + secretParam + `]}`),
			Notices: []wire.NoticeUpdate{{NoticeType: "DING_TALK", EnabledEventTypeNames: []string{"deleteJob"}, ParamConfig: &config}},
		})
	}
	e.Emulator = serveEstate(t, seed, &e.env)
	e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: "+estateProject(0)+"}\nregion: cn-north-4\n")
	got := e.run(t, exitDone, []string{"export", "--verify"}, "2 of 2 exact")
	for _, text := range []string{"ONE_TOKEN  parameter TOKEN of shop/job/one", "TOKEN  parameter TOKEN of shop/job/二", "shop/job/one notifications.DING_TALK.param_config"} {
		if !strings.Contains(got.stderr, text) {
			t.Errorf("no %q in\n%s", text, got.stderr)
		}
	}
	if !strings.Contains(got.stderr, "export with --share-secrets") {
		t.Errorf("no hint in\n%s", got.stderr)
	}
	if workspace := e.read(t, "buildsync.yaml"); !strings.Contains(workspace, "secrets: [ONE_TOKEN, TOKEN]") {
		t.Errorf("have\n%s", workspace)
	}
	if err := filepath.Walk(e.dir, func(name string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		if text, err := os.ReadFile(name); err != nil || strings.Contains(string(text), "canary") {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"}, nothingToDo)

	if err := os.RemoveAll(filepath.Join(e.dir, "definitions")); err != nil {
		t.Fatal(err)
	}
	if got := e.run(t, exitDone, []string{"export", "--share-secrets"}); !strings.Contains(got.stderr, "  TOKEN  parameter TOKEN of shop/job/one and 1 more\n") || strings.Contains(got.stderr, "note: each job") {
		t.Errorf("have\n%s", got.stderr)
	}
	if err := os.Remove(filepath.Join(e.dir, "definitions", "shop", "二.yaml")); err != nil {
		t.Fatal(err)
	}
	e.run(t, exitDone, []string{"export", "--share-secrets"}, "1 written")
	if text := e.read(t, "definitions/shop/二.yaml"); !strings.Contains(text, "secret: TOKEN}") {
		t.Errorf("a run that goes on takes another name:\n%s", text)
	}
}

// TestExportTemplates checks that export writes the caller's own templates and not the public ones
// of others. For two of one name it says what to do.
func TestExportTemplates(t *testing.T) {
	t.Parallel()
	template := func(name string) *jsontree.Value {
		v, err := jsontree.Parse([]byte(`{"name": "`+name+`", "template": {"steps": [{"module_id": "devcloud2018.codeci_action_20017.action", "name": "s", "properties": {"command": "make"}}]}}`), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	quirks, _ := emulator.Profile("default")
	quirks.PublicTemplates = 20
	e := &estate{dir: t.TempDir()}
	e.Emulator = serveWith(t, emulator.Options{Quirks: &quirks, Seed: emulator.Seed{
		Bodies: estateBodies(t, 2, 1), Templates: []*jsontree.Value{template("ours"), template("twice"), template("twice")},
	}}, &e.env)
	e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: "+estateProject(0)+"}\nregion: cn-north-4\n")
	for _, kind := range []string{"all", "template"} {
		if err := os.RemoveAll(filepath.Join(e.dir, "definitions")); err != nil {
			t.Fatal(err)
		}
		got := e.run(t, exitPartial, []string{"export", "--kind", kind, "--verify"}, "wrote definitions/templates/ours.yaml", "2 not exported")
		if strings.Contains(got.stdout, "public") || !strings.Contains(got.stderr, "delete all but one with `buildsync template delete UUID`") ||
			!strings.Contains(got.stderr, "left out, because they are public templates of other accounts:  template/") {
			t.Errorf("%s: have\n%s%s", kind, got.stdout, got.stderr)
		}
		e.run(t, exitPartial, []string{"export", "--kind", kind}, "defined already, 2 not exported.")
	}
}

// exported returns what export says at its end.
func exported(written, defined int) string {
	return "Export: " + sanitize.Counts(sanitize.Count{N: written, What: "written"}, sanitize.Count{N: defined, What: "defined already"}) + "."
}
