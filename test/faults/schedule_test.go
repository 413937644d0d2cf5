//go:build unix

package faults

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// scheduleSeed chooses the schedules; the default is fixed.
var scheduleSeed = flag.Uint64("schedule.seed", 1, "play the random schedules of this seed; 0: draw a seed")

// scheduleOnly plays one schedule of a seed.
var scheduleOnly = flag.Int("schedule.only", -1, "play one schedule of the seed, by its number")

// scheduleSecret must not appear in any output.
const scheduleSecret = "canary-schedule-secret-value"

// TestServerSchedules plays random schedules with the real program: up to three applies at once,
// edits by others between and during runs, faults and signals, on a service with random switches.
// After each run it compares the service's state with the outcomes. Situations that need a fault at
// one request, or two creates at once, come up too rarely by chance: TestDirectedSchedules plays them.
func TestServerSchedules(t *testing.T) {
	t.Parallel()
	count := 30
	if long {
		count = 300
	}
	seed := *scheduleSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	for i := range count {
		if *scheduleOnly >= 0 && *scheduleOnly != i {
			continue
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			p := newServerSchedule(t, rand.New(rand.NewPCG(seed, uint64(i))))
			p.draw("go test ./test/faults -run TestServerSchedules -schedule.seed %d -schedule.only %d", seed, i)
			p.play()
			if t.Failed() || testing.Verbose() {
				t.Logf("the schedule:\n%s", strings.Join(p.draws, "\n"))
			}
		})
	}
}

// serverSchedule is a running schedule, with what its judge has to know.
type serverSchedule struct {
	*bench
	r      *rand.Rand
	edits  *rand.Rand // mu guards what edit writes, which the server also calls
	quirks emulator.Quirks
	lossy  bool // the service shows or stores texts in another form than sent
	mu     sync.Mutex
	draws  []string
	wanted map[string]map[string]bool // every command that a definition or an edit had, by job
	want   map[string]string          // the definitions' commands, by job
	also   alsoDefined
	alone  bool              // one run at a time wrote, and nobody edited
	theirs map[string]string // undeclared members of the prior job
	other  string            // the bystander's body
	edited atomic.Bool       // edits by others in this round
	round  int
	twins  map[string][]string // the ids of each name, after the last round
	judged int                 // the calls that earlier rounds made
}

// priorName is a live job from before buildsync. The schedule adopts and updates it.
const priorName, bystander = "j0", "bystander"

func newServerSchedule(t *testing.T, r *rand.Rand) *serverSchedule {
	p := &serverSchedule{
		r: r, edits: rand.New(rand.NewPCG(1, 1)),
		wanted: map[string]map[string]bool{}, want: map[string]string{},
	}
	p.drawServer(t)
	p.also = drawAlso(r)
	p.begin(t)
	return p
}

// begin starts the service with what is there before the first round.
func (p *serverSchedule) begin(t *testing.T) {
	p.alone = true
	opts := emulator.Options{Quirks: &p.quirks, Seed: emulator.Seed{Bodies: []emulator.SeedJob{
		{Body: mustTree(t, priorBody)}, {Body: mustTree(t, strings.Replace(priorBody, `"`+priorName+`"`, `"`+bystander+`"`, 1))},
	}}}
	p.bench = newBench(t, opts, map[string]string{".gitignore": ".buildsync/\n"})
	p.env = append(p.env, "BUILDSYNC_SECRET_TOKEN="+scheduleSecret)
	p.note(priorName, "echo prior")
	p.Advance(time.Minute) // past the lag of lists
	truth := p.MustTruth(t)
	p.other = string(truth.Named(p.Project, bystander)[0].Body.AppendJSON(nil))
	p.theirs = undeclared(truth.Named(p.Project, priorName)[0].Body)
	if p.also.template && p.post("/v3/templates/create", templateBody(bystanderTemplate, "echo theirs")) != http.StatusOK {
		t.Fatal("the template of a person was not created")
	}
	p.judged = len(p.Calls())
}

// priorBody returns a body with members of every kind that no definition declares.
const priorBody = `{"project_id":"` + emulator.DefaultProject + `","job_name":"` + priorName + `","arch":"x86-64","flavor":"2u8g",
"description":"theirs","timeout":{"limit":"3","unit":"hour"},"group_id":"g-1","build_if_code_updated":true,
"triggers":[{"name":"hudson.triggers.TimerTrigger","parameters":[{"name":"spec","value":"1 2 * * *"}]}],
"steps":[{"module_id":"devcloud2018.codeci_action_20017.action","name":"Run","version":null,"enable":true,"properties":{"image":"shell4.2.46-git1.8.3-zip6.00","command":"echo prior","theirs":{"n":1.5}}}]}`

// undeclared returns the members of a body that the schedule's definitions do not declare, by name.
func undeclared(body *jsontree.Value) map[string]string {
	found := map[string]string{}
	for _, key := range []string{"description", "timeout", "group_id", "build_if_code_updated", "triggers"} {
		found[key] = string(body.Get(key).AppendJSON(nil))
	}
	if steps := body.Get("steps").Items(); len(steps) > 0 {
		found["steps.theirs"] = string(steps[0].Get("properties").Get("theirs").AppendJSON(nil))
	}
	return found
}

func mustTree(t testing.TB, text string) *jsontree.Value {
	t.Helper()
	tree, err := jsontree.Parse([]byte(text), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// draw notes what was drawn, for the one who reads a failure.
func (p *serverSchedule) draw(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draws = append(p.draws, "  "+fmt.Sprintf(format, args...))
}

func (p *serverSchedule) note(job, command string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted[job] == nil {
		p.wanted[job] = map[string]bool{}
	}
	p.wanted[job][command] = true
}

// undrawn are switches that schedules do not draw: they slow down the clock of a real process, or
// refuse calls that every run needs.
var undrawn = []string{"throttle-minute", "throttle-second", "short-tokens", "slow-under-load", "empty-pages", "similar-templates", "public-templates", "as-sent"}

func (p *serverSchedule) drawServer(t *testing.T) {
	profiles := []string{"default", "default", "none", "strict", "lenient", "legacy", "hostile"}
	list := []string{profiles[p.r.IntN(len(profiles))]}
	known := emulator.Switches()
	for range p.r.IntN(4) {
		s := known[p.r.IntN(len(known))]
		if !slices.Contains(undrawn, s.Name) {
			list = append(list, s.Name)
			p.lossy = p.lossy || slices.Contains([]string{"html-escape", "strip-last-newline", "unicode-nfc", "trim-texts", "lower-texts"}, s.Name)
		}
	}
	quirks, err := emulator.ParseQuirks(strings.Join(list, ","))
	if err != nil {
		t.Fatal(err)
	}
	quirks.ListLag = min(quirks.ListLag, 200*time.Millisecond) // a real process waits in real time
	quirks.PublicTemplates = min(quirks.PublicTemplates, 3)
	quirks.EmptyPages = false
	p.quirks = quirks
	p.draw("quirks %s", strings.Join(list, ","))
}

// play runs the rounds of a schedule and ends with undisturbed runs.
func (p *serverSchedule) play() {
	for p.round = range 1 + p.r.IntN(3) {
		p.define()
		p.edited.Store(false)
		if p.r.IntN(4) == 0 {
			p.edit()
		}
		p.disturb()
		p.judge(p.applyAll())
	}
	p.ClearFaults()
	p.Advance(time.Minute)
	if p.r.IntN(4) > 0 { // so that the last run has more to do than to finish
		p.round++
		p.define()
	}
	p.converge()
}

// define writes the definitions of a round.
func (p *serverSchedule) define() {
	jobs := 1 + p.r.IntN(3)
	var text strings.Builder
	text.WriteString("version: 1\njobs:\n")
	clear(p.want)
	for i := range jobs {
		name, command := fmt.Sprintf("j%d", i), fmt.Sprintf("echo %d && echo %d", p.round, p.r.IntN(3))+commandEnds[p.r.IntN(len(commandEnds))]
		p.want[name] = command
		p.note(name, command)
		fmt.Fprintf(&text, "  - name: %s\n    arch: x86-64\n    adopt: true\n", name)
		if i == 1 {
			text.WriteString("    parameters:\n      - {name: token, secret: TOKEN}\n")
		}
		text.WriteString(p.also.notifications(i, p.round))
		fmt.Fprintf(&text, "    steps:\n      - sh: {name: Run, image: shell4.2.46-git1.8.3-zip6.00, inputs: {command: %s}}\n", yamlText(command))
	}
	text.WriteString(p.also.define(p.r))
	p.write("buildsync.yaml", workspaceFile+"secrets: [TOKEN]\n")
	p.write("jobs/a.yaml", text.String())
	if p.also.git {
		p.commit(fmt.Sprint("round ", p.round))
	}
	p.draw("round %d defines %v and %+v", p.round, p.want, p.also)
}

// edit changes a live job as a person would in the console, or creates a template of the defined
// name.
func (p *serverSchedule) edit() {
	truth, err := p.Truth()
	if err != nil || len(truth.Jobs) == 0 {
		return
	}
	p.mu.Lock()
	chosen := truth.Jobs[p.edits.IntN(len(truth.Jobs))]
	command := fmt.Sprintf("echo edited %d", p.edits.IntN(1000))
	p.edited.Store(true)
	p.alone = false
	ofTemplate := p.also.template && p.edits.IntN(4) == 0
	p.mu.Unlock()
	if ofTemplate {
		p.editTemplate()
		return
	}
	if chosen.Name == bystander || len(chosen.Body.Get("steps").Items()) == 0 {
		return
	}
	p.note(chosen.Name, command)
	body := chosen.Body.Clone()
	body.Set("job_id", jsontree.String(chosen.ID))
	body.Get("steps").Items()[0].Get("properties").Set("command", jsontree.String(command))
	status := p.post("/v1/job/update", string(body.AppendJSON(nil)))
	p.draw("an edit of %s to %q: %d", chosen.Name, command, status)
}

// post sends a request of another person.
func (p *serverSchedule) post(path, body string) int {
	token, err := p.Token(0)
	if err != nil {
		return 0
	}
	req, err := http.NewRequest(http.MethodPost, p.URL+path, strings.NewReader(body))
	if err != nil {
		return 0
	}
	req.Header.Set("X-Auth-Token", token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // only the status counts
	return resp.StatusCode
}

// disturb scripts the faults of a round, and the edits during it.
func (p *serverSchedule) disturb() {
	p.ClearFaults()
	ops := []string{"", "CreateJob", "UpdateJob", "ListJobs", "QueryJob"}
	if p.also.template {
		ops = append(ops, "CreateTemplate", "DeleteTemplate", "QueryTemplates")
	}
	faults := []string{
		"kind=reset-before", "kind=reset-after", "kind=close-after", "status=500,code=CB.00060100", "status=500,code=CB.00060211",
		"status=502,commit=first", "status=503", "kind=throttle", "kind=truncate,cut=5", "kind=html,status=502", "kind=no-id", "kind=delay,delay=20ms", "status=404", "status=401",
		"status=422,code=DEVCB.00030000", // a refusal that no repetition passes
	}
	for range p.r.IntN(4) {
		op, text := ops[p.r.IntN(len(ops))], faults[p.r.IntN(len(faults))]
		text = strings.Replace(text, "-after", ",commit=first", 1)
		text = strings.Replace(text, "-before", ",commit=never", 1)
		text = fmt.Sprintf("%s:%s,nth=%d", op, text, 1+p.r.IntN(4))
		f, err := emulator.ParseFault(text)
		if err != nil {
			p.t.Fatal(err)
		}
		p.draw("fault %s", text)
		p.MustFail(p.t, f)
	}
	if p.r.IntN(4) == 0 {
		op := ops[p.r.IntN(len(ops))]
		p.draw("somebody edits during %q", op)
		p.MustFail(p.t, emulator.Fault{Op: op, Nth: 1 + p.r.IntN(3), Kind: emulator.FaultPass, Before: p.edit})
	}
}

// applyAll runs one to three applies at once. One of them may get a signal at one of its requests.
func (p *serverSchedule) applyAll() []result {
	return p.applyAtOnce([]int{1, 1, 2, 3}[p.r.IntN(4)], func(started <-chan struct{}, victim *exec.Cmd) {
		if p.r.IntN(4) > 0 {
			return
		}
		sig := []os.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM}[p.r.IntN(3)]
		nth := 1 + p.r.IntN(8)
		p.draw("signal %v at request %d", sig, nth)
		p.MustFail(p.t, emulator.Fault{Nth: nth, Kind: emulator.FaultPass, Before: func() {
			<-started
			_ = victim.Process.Signal(sig) // it may have ended
		}})
	}, "apply", "--yes")
}

// applyAtOnce runs the program for several people at once. disturb is called before they start.
func (p *serverSchedule) applyAtOnce(actors int, disturb func(started <-chan struct{}, victim *exec.Cmd), args ...string) []result {
	p.mu.Lock()
	p.alone = p.alone && actors == 1
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	commands, outs := make([]*exec.Cmd, actors), make([][2]bytes.Buffer, actors)
	for i := range commands {
		dir, env := p.dir, []string(nil)
		if i > 0 { // another person on another machine: the local lock does not stop them
			dir = p.copyWorkspace(i)
			env = []string{"HOME=" + filepath.Join(dir, "home"), "TMPDIR=" + filepath.Join(dir, "tmp")}
		}
		commands[i] = p.command(ctx, env, args...)
		commands[i].Dir = dir
		commands[i].Stdout, commands[i].Stderr = &outs[i][0], &outs[i][1]
	}
	started := make(chan struct{})
	disturb(started, commands[0])
	begun := time.Now()
	for _, c := range commands {
		if err := c.Start(); err != nil {
			p.t.Fatal(err)
		}
	}
	close(started)
	results := make([]result, actors)
	for i, c := range commands {
		err := c.Wait()
		results[i] = result{args, exitCode(p.t, err), outs[i][0].String(), outs[i][1].String()}
		if *scheduleOnly >= 0 && testing.Verbose() {
			p.t.Log(results[i])
		}
		p.draw("actor %d ended with %d after %.1f s", i, results[i].code, time.Since(begun).Seconds())
	}
	if ctx.Err() != nil {
		p.t.Errorf("a run did not end: %v", results)
	}
	return results
}

// copyWorkspace creates another person's copy of the workspace.
func (p *serverSchedule) copyWorkspace(i int) string {
	dir := filepath.Join(p.root, fmt.Sprint("workspace", i))
	for _, name := range []string{"home", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, name := range []string{"buildsync.yaml", "jobs/a.yaml"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(p.read(name)), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	return dir
}

// judge compares the service's state with the outcomes of a round.
func (p *serverSchedule) judge(results []result) {
	p.t.Helper()
	truth := p.MustTruth(p.t)
	for _, r := range results {
		if strings.Contains(r.stdout+r.stderr, scheduleSecret) {
			p.t.Errorf("a secret was printed: %v", r)
		}
		if strings.Contains(r.stderr, "bug in buildsync") || strings.Contains(r.stderr, "panic:") {
			p.t.Errorf("a bug: %v", r)
		}
	}
	p.untouched(truth)
	p.judgeCreated(truth)
	p.judgeTwins(truth, results)
	p.also.judge(p, truth, results)
	for _, j := range truth.Jobs {
		if command := scriptOf(j.Body); j.Name != bystander && !p.wanted[j.Name][command] {
			p.t.Errorf("%s has the command %q, which no definition or edit had; they had %v", j.Name, command, p.wanted[j.Name])
		}
	}
	if !told(results) && !p.edited.Load() {
		p.holds(truth, "after runs that all ended with 0", results[0])
	}
}

// untouched checks that undeclared members and jobs did not change.
func (p *serverSchedule) untouched(truth emulator.Truth) {
	p.t.Helper()
	if now := truth.Named(p.Project, bystander); len(now) != 1 || string(now[0].Body.AppendJSON(nil)) != p.other {
		p.t.Errorf("a job that no definition names was touched: %d of them", len(now))
	}
	prior := truth.Named(p.Project, priorName)
	if len(prior) == 0 {
		p.t.Error("the adopted job is gone")
		return
	}
	for key, want := range p.theirs {
		if got := undeclared(prior[0].Body)[key]; got != want {
			p.t.Errorf("%s of the adopted job was %s and is %s", key, want, got)
		}
	}
	for _, j := range truth.Jobs {
		for _, definition := range j.Body.Get("parameters").Items() {
			if text := string(definition.AppendJSON(nil)); strings.Contains(text, `"token"`) && !strings.Contains(text, scheduleSecret) {
				p.t.Errorf("the stored secret of %s is not the supplied one: %s", j.Name, text)
			}
		}
	}
}

// holds fails the test unless each definition is live exactly once, with its command.
func (p *serverSchedule) holds(truth emulator.Truth, promise string, r result) {
	p.t.Helper()
	for name, command := range p.want {
		live := truth.Named(p.Project, name)
		if len(live) != 1 {
			p.t.Errorf("%s, and there are %d jobs %s: %v", promise, len(live), name, r)
			continue
		}
		if got := scriptOf(live[0].Body); got != command {
			p.t.Errorf("%s, and %s has the command %q in place of %q: %v", promise, name, got, command, r)
		}
	}
	p.also.holds(p, truth, promise, r)
}

func scriptOf(body *jsontree.Value) string {
	steps := body.Get("steps").Items()
	if len(steps) == 0 {
		return ""
	}
	return steps[0].Get("properties").Str("command")
}

// converge runs the program undisturbed: the run finishes the work, and the next run writes
// nothing.
func (p *serverSchedule) converge() {
	p.t.Helper()
	// An edit is a conflict, a template of another clone is a collision, and a person must remove
	// duplicates.
	args := []string{"apply", "--yes", "--force-conflicts"}
	if p.also.template { // no commit may hold the old one, and the service may want unique names
		args = append(args, "--adopt", "--rescue", "rescue.json")
	}
	before := p.named(p.MustTruth(p.t))
	last := p.run(args...)
	truth := p.MustTruth(p.t)
	p.judgeLastTwins(before, truth, last)
	p.draw("the last run ended with %d", last.code)
	if last.code == 0 {
		p.holds(truth, "after a last run that ended with 0", last)
		written := p.writes()
		again := p.run("apply", "--yes")
		if again.code != 0 || p.writes() != written {
			p.t.Errorf("the run after the last ended with %d and %d writes: %v", again.code, p.writes()-written, again)
		}
	} else if !p.excused(truth) {
		p.t.Errorf("an undisturbed run ended with %d: %v", last.code, last)
	}
	p.judge([]result{last})
	p.noTemporaryFiles()
}

// excused reports whether the last run could not succeed: two live objects of one name, a service
// that shows other texts than it was sent, or one that counts more jobs than it lists, so that no
// absence is certain.
func (p *serverSchedule) excused(truth emulator.Truth) bool {
	for _, job := range truth.Jobs { // also of names that are no longer defined
		if len(truth.Named(p.Project, job.Name)) > 1 {
			return true
		}
	}
	shared := len(p.named(truth)["template "+sharedTemplate])
	return shared > 1 || p.lossy || p.quirks.WrongTotal
}
