package diff_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

const plainJob = `{"arch":"arm","steps":[]}`

// many makes n jobs of a prefix, defined and live.
func many(t *testing.T, prefix string, n int) (jobs []*compile.Job, live []*diff.LiveJob) {
	t.Helper()
	for i := range n {
		name := fmt.Sprintf("%s%d", prefix, i)
		jobs = append(jobs, defined(t, name, plainJob))
		live = append(live, existing(t, name, plainJob))
	}
	return jobs, live
}

// TestRails checks each rail: what it refuses, with which status, and how to allow it.
func TestRails(t *testing.T) {
	t.Parallel()
	jobs, live := many(t, "job", 20)
	protected := defined(t, "job0", plainJob)
	protected.Protect = true
	disabled := defined(t, "job0", plainJob)
	off := false
	disabled.Enabled, disabled.Protect = &off, true
	for name, tc := range map[string]struct {
		in    diff.Input
		rules string
		hold  diff.Hold
		text  string
	}{
		"three removals of twenty":                  {in: input(compiled(jobs[3:]...), compiled(jobs...), listed(live...))},
		"four removals of twenty":                   {in: input(compiled(jobs[4:]...), compiled(jobs...), listed(live...)), rules: "max-removals", hold: diff.HeldRefused, text: "--allow-removals 4"},
		"four removals, allowed":                    {in: with(input(compiled(jobs[4:]...), compiled(jobs...), listed(live...)), func(o *diff.Options) { o.AllowRemovals = 4 })},
		"four removals, three allowed":              {in: with(input(compiled(jobs[4:]...), compiled(jobs...), listed(live...)), func(o *diff.Options) { o.AllowRemovals = 3 }), rules: "max-removals", hold: diff.HeldRefused},
		"two removals of four":                      {in: input(compiled(jobs[2:4]...), compiled(jobs[:4]...), listed(live[:4]...)), rules: "max-removals", hold: diff.HeldRefused, text: "max_removal_share"},
		"one removal of two":                        {in: input(compiled(jobs[1:2]...), compiled(jobs[:2]...), listed(live[:2]...))},
		"no definitions":                            {in: input(compiled(), compiled(jobs...), listed(live...)), rules: "no-definitions max-removals", hold: diff.HeldRefused, text: "--allow-empty"},
		"no definitions in a part of them":          {in: whole(input(compiled(), compiled(), listed(live...)), compiled(jobs...))},
		"no definitions, meant":                     {in: with(input(compiled(), nil, listed(live...)), func(o *diff.Options) { o.AllowEmpty = true })},
		"listing empty":                             {in: input(compiled(jobs...), compiled(jobs...), listed()), rules: "listing-empty", hold: diff.HeldRefused, text: "check the credentials"},
		"listing empty, two-way":                    {in: input(compiled(jobs...), nil, listed())},
		"listing incomplete":                        {in: incomplete(input(compiled(jobs...), nil, listed(live[:5]...))), rules: "listing-incomplete", hold: diff.HeldRefused, text: "page 2 failed"},
		"listing incomplete, all that matters seen": {in: incomplete(input(compiled(jobs[:5]...), nil, listed(live...)))},
		"listing incomplete, removal":               {in: incomplete(input(compiled(jobs[:5]...), compiled(jobs[:6]...), listed(live[:5]...))), rules: "listing-incomplete", hold: diff.HeldRefused},
		"listing failed":                            {in: unread(input(compiled(jobs...), compiled(jobs...), listed())), rules: "listing-unread", hold: diff.HeldUnread, text: "could not be listed"},
		"listing failed, nothing needed of it":      {in: whole(unread(input(compiled(), compiled(), listed())), compiled(jobs...)), rules: "listing-unread", hold: diff.HeldUnread, text: `project "shop"`},
		"project not listed":                        {in: input(compiled(jobs[0]), nil, &diff.Snapshot{}), rules: "listing-incomplete", hold: diff.HeldRefused},
		"removal of a protected job":                {in: input(compiled(jobs[1:]...), compiled(append([]*compile.Job{protected}, jobs[1:]...)...), listed(live...)), rules: "protected", hold: diff.HeldRefused},
		"a protected job disabled":                  {in: input(compiled(append([]*compile.Job{disabled}, jobs[1:]...)...), nil, listed(live...)), rules: "protected", hold: diff.HeldRefused},
		"two live jobs of one name": {in: input(compiled(jobs...), nil, listed(append(live[:20:20], renamedLive(t, "job0", "other-id"))...)),
			rules: "duplicate-live-job", hold: diff.HeldRefused, text: `"id-of-job0", "other-id"`},
		"a new job without arch":                      {in: input(compiled(defined(t, "new", `{"steps":[]}`)), nil, listed(live...)), rules: "create-incomplete", hold: diff.HeldRefused, text: "requires arch"},
		"removal of a job in a file that is not read": {in: unreadFile(input(compiled(jobs[1:]...), compiled(jobs...), listed(live...))), rules: "unread-file", hold: diff.HeldRefused, text: "jobs/a.yml"},
		"removal of a job that was only found":        {in: found(input(compiled(jobs[1:]...), compiled(jobs...), listed(live...))), rules: "not-written", hold: diff.HeldRefused, text: "job0"},
		"removal of a job that was only found, meant": {in: with(found(input(compiled(jobs[1:]...), compiled(jobs...), listed(live...))), func(o *diff.Options) { o.Adopt = true })},
		"a live job unread":                           {in: input(compiled(jobs[:2]...), nil, listed(unreadable(t, "job0"), live[1])), rules: "unreadable", hold: diff.HeldUnread},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff.Compute(tc.in)
			var rules, messages []string
			for _, r := range p.Refusals {
				rules, messages = append(rules, r.Rule), append(messages, r.Message)
			}
			if got := strings.Join(rules, " "); got != tc.rules {
				t.Errorf("refused by %q, want %q\n%s", got, tc.rules, strings.Join(messages, "\n"))
			}
			if got := p.Hold(); got != tc.hold {
				t.Errorf("hold %d, want %d", got, tc.hold)
			}
			if !strings.Contains(strings.Join(messages, "\n"), tc.text) {
				t.Errorf("%q does not say %q", messages, tc.text)
			}
		})
	}
}

func with(in diff.Input, set func(*diff.Options)) diff.Input {
	set(&in.Options)
	return in
}

func whole(in diff.Input, all *compile.Result) diff.Input {
	in.Whole = all
	return in
}

func found(in diff.Input) diff.Input {
	in.Found = map[string]bool{"shop/job/job0": true}
	return in
}

func unreadFile(in diff.Input) diff.Input {
	in.Unread = compile.Unread{Jobs: map[string]string{"job0": "jobs/a.yml"}}
	return in
}

func incomplete(in diff.Input) diff.Input {
	for _, p := range in.Live.Projects {
		p.Complete, p.Problem = false, "page 2 failed"
	}
	return in
}

func unread(in diff.Input) diff.Input {
	for _, p := range in.Live.Projects {
		p.Complete, p.ReadErr, p.Problem = false, errors.New("HTTP 500"), "HTTP 500"
	}
	return in
}

func renamedLive(t *testing.T, name, id string) *diff.LiveJob {
	t.Helper()
	job := existing(t, name, plainJob)
	job.ID = id
	return job
}

func unreadable(t *testing.T, name string) *diff.LiveJob {
	t.Helper()
	job := existing(t, name, plainJob)
	job.Body, job.ReadErr = nil, errors.New("502 \x1b[31mBad Gateway")
	return job
}

// TestRemovalsOutsideThePart checks which objects outside the planned part count for the limit of
// removals.
func TestRemovalsOutsideThePart(t *testing.T) {
	t.Parallel()
	keep, gone, x := defined(t, "keep", plainJob), defined(t, "gone", plainJob), defined(t, "x", plainJob)
	pinned := defined(t, "x", plainJob)
	pinned.ID = "id-of-x"
	off, on := defined(t, "x", plainJob), defined(t, "x", plainJob)
	off.Enabled, on.Enabled = new(false), new(true)
	disabled := existing(t, "x", plainJob)
	disabled.Item.Disabled = true
	live := existing(t, "x", plainJob)
	listing := compile.Removal{Address: "shop/job/x", Project: "shop", ProjectID: project, Job: "x", Action: "disable"}
	for name, tc := range map[string]struct {
		whole    *compile.Result // more of the head
		base     *compile.Job    // outside the part
		live     *diff.LiveJob
		onRemove string
		unlisted bool
		noBase   bool
		counts   bool
	}{
		"no longer defined":                  {base: x, live: live, counts: true},
		"no longer defined, no base":         {base: x, live: live, noBase: true},
		"no longer defined, disabled":        {base: x, live: disabled},
		"no longer defined, to be deleted":   {base: x, live: disabled, onRemove: "delete", counts: true},
		"no longer defined, to be kept":      {base: x, live: live, onRemove: "keep"},
		"no longer defined, not live":        {base: x},
		"no longer defined, not listed":      {base: x, unlisted: true, counts: true},
		"pinned":                             {base: pinned, live: live, counts: true},
		"pinned, disabled":                   {base: pinned, live: disabled},
		"pinned, to be deleted":              {base: pinned, live: disabled, onRemove: "delete", counts: true},
		"pinned, not live":                   {base: pinned},
		"still defined":                      {whole: compiled(x), base: x, live: live},
		"listed as removed":                  {whole: &compile.Result{Removals: []compile.Removal{listing}}, live: live, counts: true},
		"listed as removed, and defined":     {whole: &compile.Result{Jobs: []*compile.Job{x}, Removals: []compile.Removal{listing}}, live: live},
		"listed as removed, no listing":      {whole: &compile.Result{Removals: []compile.Removal{listing}}, unlisted: true},
		"in the base as well, no listing":    {whole: &compile.Result{Removals: []compile.Removal{listing}}, base: x, unlisted: true, counts: true},
		"switched off":                       {whole: compiled(off), base: x, live: live, counts: true},
		"switched off, is off":               {whole: compiled(off), base: x, live: disabled},
		"switched on":                        {whole: compiled(on), base: x, live: live},
		"switched off, no listing":           {whole: compiled(off), base: x, unlisted: true, counts: true},
		"switched off as before, no listing": {whole: compiled(off), base: off, unlisted: true},
		"switched off, new, no listing":      {whole: compiled(off), unlisted: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jobs := []*diff.LiveJob{existing(t, "keep", plainJob), existing(t, "gone", plainJob)}
			if tc.live != nil {
				jobs = append(jobs, tc.live)
			}
			in := input(compiled(keep), compiled(keep, gone), listed(jobs...))
			in.WholeBase, in.Whole = compiled(keep, gone), compiled(keep, defined(t, "other", plainJob))
			if tc.whole != nil {
				in.Whole.Jobs, in.Whole.Removals = append(in.Whole.Jobs, tc.whole.Jobs...), tc.whole.Removals
			}
			if tc.base != nil {
				in.WholeBase.Jobs = append(in.WholeBase.Jobs, tc.base)
			}
			in.Policy.MaxRemovals = 0
			if tc.onRemove != "" {
				in.Policy.OnRemove = tc.onRemove
			}
			if tc.unlisted {
				in = incomplete(in)
			}
			if tc.noBase { // the part's own removal is listed
				removal := listing
				removal.Address, removal.Job = gone.Address, "gone"
				in.Base, in.WholeBase, in.BaseRevision = nil, nil, nil
				in.Head = &compile.Result{Jobs: in.Head.Jobs, Removals: []compile.Removal{removal}}
				in.Whole.Removals = []compile.Removal{removal}
			}
			counted := ""
			for _, r := range diff.Compute(in).Refusals {
				if r.Rule == diff.RuleMaxRemovals {
					counted = r.Message
				}
			}
			if tc.onRemove == "keep" {
				if counted != "" {
					t.Errorf("nothing is removed, yet: %s", counted)
				}
				return
			}
			if !strings.Contains(counted, gone.Address) || strings.Contains(counted, x.Address) != tc.counts {
				t.Errorf("counted: %s; want x counted: %t", counted, tc.counts)
			}
		})
	}
}

// TestBaseOfAPart checks that a part leaves a job alone that the head renames outside the part, and
// that a job of the part that cannot be read counts as kept.
func TestBaseOfAPart(t *testing.T) {
	t.Parallel()
	keep, old, renamed := defined(t, "keep", plainJob), defined(t, "old", plainJob), defined(t, "new", plainJob)
	renamed.RenamedFrom = []string{"old"}
	gone, unread := defined(t, "gone", plainJob), existing(t, "old", plainJob)
	unread.Body, unread.ReadErr = nil, errors.New("HTTP 500")
	for name, tc := range map[string]struct {
		other *compile.Job
		old   *diff.LiveJob
		want  string
	}{
		"renamed outside": {renamed, existing(t, "old", plainJob), "remove shop/job/gone disable"},
		"not readable":    {defined(t, "other", plainJob), unread, "remove shop/job/gone disable\nunknown shop/job/old\nrefused: unreadable"},
	} {
		in := whole(input(compiled(keep), compiled(keep, old, gone), listed(existing(t, "keep", plainJob), existing(t, "gone", plainJob), tc.old)), compiled(keep, tc.other))
		in.WholeBase, in.Policy.MaxRemovals, in.Policy.MaxRemovalShare = compiled(keep, old, gone), 1, 1
		if got := outline(diff.Compute(in)); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

// TestWordsOfRails checks the counts and names in the texts of rails.
func TestWordsOfRails(t *testing.T) {
	t.Parallel()
	jobs, live := many(t, "job", 40)
	failed := unread(input(compiled(jobs[0]), nil, listed()))
	advised := unread(input(compiled(jobs[0]), nil, listed()))
	advised.Live.Projects[project].ReadErr = advice("ask for access")
	silent := unread(input(compiled(jobs[0]), nil, listed()))
	silent.Live.Projects[project].ReadErr = advice("")
	strict := input(compiled(jobs[2:]...), compiled(jobs...), listed(live...))
	strict.Policy.MaxRemovals = 1
	edited := func(n int) diff.Input {
		now := slices.Clone(live)
		for i := range n {
			now[i] = existing(t, jobs[i].Name, `{"arch":"x","steps":[]}`)
		}
		in := input(compiled(jobs...), compiled(jobs...), listed(now...))
		in.Options.RefuseDrift = true
		return in
	}
	for name, tc := range map[string]struct {
		in   diff.Input
		text string // "!" before it: is missing
	}{
		"the jobs of the base":        {input(compiled(jobs...), compiled(jobs...), listed()), "the base declares 40 jobs"},
		"a failure that advises":      {advised, "!" + string(remedy.RunLater)},
		"a failure with empty advice": {silent, string(remedy.RunLater)},
		"a failure":                   {failed, string(remedy.RunLater)},
		"a limit of one":              {strict, "policy.max_removals is 1;"},
		"a share at the limit":        {input(compiled(jobs[3:8]...), compiled(jobs[:8]...), listed(live[:8]...)), "max_removal_share is 0.25, which is 2 jobs of 8"},
		"ten names":                   {input(compiled(jobs[10:]...), compiled(jobs...), listed(live...)), "!more"},
		"eleven names":                {input(compiled(jobs[11:]...), compiled(jobs...), listed(live...)), "and 1 more"},
		"one edit":                    {edited(1), "1 object was edited"},
		"two edits":                   {edited(2), "2 objects were edited"},
	} {
		var all []string
		plan := diff.Compute(tc.in)
		for _, r := range plan.Refusals {
			all = append(all, r.Message)
		}
		got := strings.Join(all, "\n")
		if part, missing := strings.CutPrefix(tc.text, "!"); got == "" || strings.Contains(got, part) == missing {
			t.Errorf("%s: %q, want %q", name, got, tc.text)
		}
	}
	for rule, partial := range map[string]bool{diff.RuleUnreadable: true, diff.RuleDuplicateLive: true, diff.RuleDuplicateTemplate: true, diff.RuleRename: false} {
		if (diff.Refusal{Rule: rule}).Partial() != partial {
			t.Errorf("%s is partial: %t", rule, !partial)
		}
	}
}

// advice is an error that says what to do next.
type advice string

func (a advice) Error() string { return "HTTP 403" }
func (a advice) Next() string  { return string(a) }

// TestIdentity checks how a definition finds its live job.
func TestIdentity(t *testing.T) {
	t.Parallel()
	pin := func(name, id string) *compile.Job {
		j := defined(t, name, plainJob)
		j.ID = id
		return j
	}
	renamed := func(name string, from ...string) *compile.Job {
		j := defined(t, name, plainJob)
		j.RenamedFrom = from
		return j
	}
	old := existing(t, "old", plainJob)
	for name, tc := range map[string]struct {
		head []*compile.Job
		base []*compile.Job
		live []*diff.LiveJob
		want string
	}{
		"pinned":                           {head: []*compile.Job{pin("old", "id-of-old")}, live: []*diff.LiveJob{old}},
		"pinned, new name":                 {head: []*compile.Job{pin("new", "id-of-old")}, live: []*diff.LiveJob{old}, want: "change shop/job/new update | change job_name"},
		"pinned, missing":                  {head: []*compile.Job{pin("old", "nothing")}, live: []*diff.LiveJob{old}, want: "unknown shop/job/old\nrefused: pinned-id-missing"},
		"pinned at the base too, new name": {head: []*compile.Job{pin("new", "id-of-old")}, base: []*compile.Job{pin("old", "id-of-old")}, live: []*diff.LiveJob{old}, want: "change shop/job/new update | change job_name"},
		"pinned, name taken":               {head: []*compile.Job{pin("new", "id-of-old")}, live: []*diff.LiveJob{old, existing(t, "new", plainJob)}, want: "unknown shop/job/new\nrefused: rename"},
		"pinned among twins":               {head: []*compile.Job{pin("old", "id-of-old")}, live: []*diff.LiveJob{old, renamedLive(t, "old", "id-of-twin")}},
		"renamed":                          {head: []*compile.Job{renamed("new", "older", "old")}, live: []*diff.LiveJob{old}, want: "change shop/job/new update | change job_name"},
		"renamed, three-way":               {head: []*compile.Job{renamed("new", "old")}, base: []*compile.Job{defined(t, "old", plainJob)}, live: []*diff.LiveJob{old}, want: "change shop/job/new update | change job_name"},
		"renamed already":                  {head: []*compile.Job{renamed("new", "old")}, base: []*compile.Job{defined(t, "old", plainJob)}, live: []*diff.LiveJob{existing(t, "new", plainJob)}},
		"old name is another":              {head: []*compile.Job{renamed("new", "old"), defined(t, "old", plainJob)}, live: []*diff.LiveJob{old}, want: "create shop/job/new create"},
		"two definitions of one live job": {head: []*compile.Job{pin("x", "id-of-old"), defined(t, "old", plainJob)}, live: []*diff.LiveJob{old},
			want: "unknown shop/job/old\nunknown shop/job/x\nrefused: rename\nrefused: rename"},
		"pinned and renamed to": {head: []*compile.Job{pin("x", "id-of-old"), renamed("y", "old")}, live: []*diff.LiveJob{old},
			want: "unknown shop/job/x\nunknown shop/job/y\nrefused: rename\nrefused: rename"},
		"both former names live": {head: []*compile.Job{renamed("new", "old", "older")}, live: []*diff.LiveJob{old, existing(t, "older", plainJob)},
			want: "unknown shop/job/new\nrefused: rename"},
		"case matters": {head: []*compile.Job{defined(t, "OLD", plainJob)}, live: []*diff.LiveJob{old}, want: "create shop/job/OLD create"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var base *compile.Result
			if tc.base != nil {
				base = compiled(tc.base...)
			}
			if d := cmp.Diff(tc.want, outline(diff.Compute(input(compiled(tc.head...), base, listed(tc.live...))))); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

func TestExplicitRemovals(t *testing.T) {
	t.Parallel()
	keep, live := many(t, "keep", 8)
	gone := existing(t, "gone", plainJob)
	entry := compile.Removal{Address: "shop/job/gone", Project: "shop", ProjectID: project, Job: "gone", Action: "delete", Reason: "replaced by keep0", Pos: spec.Pos{File: "jobs/removed.yaml", Line: 3}}
	head := compiled(keep...)
	head.Removals = []compile.Removal{entry}
	p := diff.Compute(input(head, nil, listed(append(live, gone)...)))
	if got, want := outline(p), "remove shop/job/gone delete"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if c := p.Changes[0]; c.Definition == nil || c.Definition.Line != 3 || !strings.Contains(c.Note, "replaced by keep0") {
		t.Errorf("the removal does not say where and why: %+v", c)
	}
	if got := outline(diff.Compute(input(head, nil, listed(live...)))); got != "" {
		t.Errorf("a job that has gone: %s", got)
	}
}

// withoutBase plans without a base. first is the first apply, which makes one.
func withoutBase(first bool) func(*diff.Input) {
	return func(in *diff.Input) { in.Base, in.BaseRevision, in.FirstApply = nil, nil, first }
}

// TestDisabledState checks when the enabled state is written. A state that the service does not show
// is as the base has it: without a base, no apply but the first writes it.
func TestDisabledState(t *testing.T) {
	t.Parallel()
	on, off := true, false
	protected := func(in *diff.Input) { in.Base.Jobs[0].Protect = true }
	for name, tc := range map[string]struct {
		base, head *bool
		disabled   bool
		unseen     bool // the listing does not show the state
		tweak      func(*diff.Input)
		want       string
	}{
		"not managed":       {disabled: true},
		"off, is on":        {head: &off, want: "change shop/job/j disable | change enabled"},
		"off, is off":       {head: &off, disabled: true},
		"on, is off":        {head: &on, disabled: true, want: "change shop/job/j enable | change enabled"},
		"edited outside":    {base: &on, head: &on, disabled: true, want: "drift shop/job/j enable | drift enabled"},
		"changed here":      {base: &on, head: &off, want: "change shop/job/j disable | change enabled"},
		"newly declared":    {head: &off, want: "change shop/job/j disable | change enabled"},
		"no longer managed": {base: &on, disabled: true},

		"off, is on, protected at the base": {head: &off, tweak: protected, want: "change shop/job/j disable | change enabled\nrefused: protected"},
		"off, is on, without a base":        {head: &off, tweak: withoutBase(false), want: "change shop/job/j disable | change enabled"},
		"unseen, without a base":            {head: &off, unseen: true, tweak: withoutBase(false)},
		"unseen, first apply":               {head: &off, unseen: true, tweak: withoutBase(true), want: "change shop/job/j disable | change enabled"},
		"unseen, as at the base":            {base: &off, head: &off, unseen: true},
		"unseen, changed here":              {base: &on, head: &off, unseen: true, want: "change shop/job/j disable | change enabled"},
		"unseen, newly declared":            {head: &off, unseen: true, want: "change shop/job/j disable | change enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, before, live := defined(t, "j", plainJob), defined(t, "j", plainJob), existing(t, "j", plainJob)
			want.Enabled, before.Enabled, live.Item.Disabled, live.Item.StateUnseen = tc.head, tc.base, tc.disabled, tc.unseen
			in := input(compiled(want), compiled(before), listed(live))
			if tc.tweak != nil {
				tc.tweak(&in)
			}
			if got := outline(diff.Compute(in)); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestJoinParts checks the part of a joined plan: all shards are what they divided, some of them
// are less.
func TestJoinParts(t *testing.T) {
	t.Parallel()
	shard := func(shard string, only ...string) []diff.Part { return []diff.Part{{Only: only, Shard: shard}} }
	for name, test := range map[string]struct {
		parts [][]diff.Part
		want  []diff.Part
	}{
		"all shards":                    {[][]diff.Part{shard("1/3"), shard("3/3"), shard("2/3")}, nil},
		"one is missing":                {[][]diff.Part{shard("1/3"), shard("3/3")}, []diff.Part{{Shard: "1/3"}, {Shard: "3/3"}}},
		"one twice":                     {[][]diff.Part{shard("1/2"), shard("1/2")}, []diff.Part{{Shard: "1/2"}}},
		"shards of different divisions": {[][]diff.Part{shard("1/2"), shard("2/3")}, []diff.Part{{Shard: "1/2"}, {Shard: "2/3"}}},
		"a part and everything":         {[][]diff.Part{shard("1/2"), nil}, nil},
		"all shards of a part":          {[][]diff.Part{shard("1/2", "a*"), shard("2/2", "a*")}, []diff.Part{{Only: []string{"a*"}}}},
		"shards of two parts":           {[][]diff.Part{shard("1/2", "a*"), shard("2/2", "b*")}, append(shard("1/2", "a*"), shard("2/2", "b*")...)},
		"no shard of this world":        {[][]diff.Part{shard("9999999/9999999"), shard("x")}, []diff.Part{{Shard: "9999999/9999999"}, {Shard: "x"}}},
	} {
		var plans []*diff.Plan
		for _, parts := range test.parts {
			plans = append(plans, &diff.Plan{FormatVersion: diff.FormatVersion, Parts: parts, Partial: parts != nil})
		}
		joined, err := diff.Join(plans...)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(test.want, joined.Parts); d != "" || joined.Partial != (test.want != nil) {
			t.Errorf("%s: partial %v, -want +got\n%s", name, joined.Partial, d)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	jobs, live := many(t, "job", 4)
	jobs[0].WithBody(body(t, `{"arch":"x86-64","steps":[]}`))
	jobs[1].WithBody(body(t, `{"arch":"x86-64","steps":[]}`))
	jobs[3].WithBody(body(t, `{"arch":"x86-64","steps":[]}`))
	jobs[0].Address, jobs[0].Project = "web/job/job0", "web" // after those of shop
	jobs[1].Address, jobs[1].Project = "web/job/job1", "web" // after the notifications of job0
	jobs[0].Notices = []compile.Notice{{Type: "MAIL", Events: []string{"deleteJob"}}}
	all := diff.Compute(input(compiled(jobs...), nil, listed(live...)))
	first := diff.Compute(whole(input(compiled(jobs[:2]...), nil, listed(live...)), compiled(jobs...)))
	second := diff.Compute(whole(input(compiled(jobs[2:]...), nil, listed(live...)), compiled(jobs...)))
	joined, err := diff.Join(second, first)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(all.Summary, joined.Summary); d != "" {
		t.Errorf("-whole +joined\n%s", d)
	}
	if outline(all) != outline(joined) || all.PlanID != joined.PlanID {
		t.Errorf("joined:\n%s\nwhole:\n%s", outline(joined), outline(all))
	}
	other := *first
	other.Environment = "prod"
	if _, err := diff.Join(first, &other); err == nil {
		t.Error("plans of two environments were joined")
	}
	if _, err := diff.Join(); err == nil {
		t.Error("no plans were joined")
	}
}

// TestJoinOfTwoRuns checks that plans with different bases are not joined, and that the error names
// the plan.
func TestJoinOfTwoRuns(t *testing.T) {
	t.Parallel()
	at := func(commit string) *diff.Revision { return &diff.Revision{Ref: "main", Commit: commit} }
	for name, tc := range map[string]struct {
		first, second *diff.Revision
		refused       bool
	}{
		"one base":          {at("a"), at("a"), false},
		"no base":           {nil, nil, false},
		"two bases":         {at("a"), at("b"), true},
		"no base of second": {at("a"), nil, true},
		"no base of first":  {nil, at("a"), true},
	} {
		_, err := diff.Join(&diff.Plan{Base: tc.first}, &diff.Plan{Base: tc.second})
		if (err != nil) != tc.refused || err != nil && err.Error() != "plan 2 belongs to another run than the first: it has another base" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestJoinKeepsOrderAndNeeds checks that a joined plan has its changes in the order of apply, each
// secret once, and the count of unchanged objects that the parts list.
func TestJoinKeepsOrderAndNeeds(t *testing.T) {
	t.Parallel()
	change := func(kind diff.Kind, verdict diff.Verdict, name string) diff.Change {
		return diff.Change{Kind: kind, Verdict: verdict, Address: string(kind) + "/" + name, Name: name}
	}
	first := &diff.Plan{
		Changes: []diff.Change{change(diff.KindJob, diff.VerdictCreate, "b"), change(diff.KindJob, diff.VerdictRemove, "a"), change(diff.KindJob, diff.VerdictUnchanged, "c")},
		Needs:   []diff.Need{{Secret: "T", Addresses: []string{"b"}}}, Summary: diff.Summary{Create: 1, Unchanged: 3},
	}
	second := &diff.Plan{
		Changes: []diff.Change{change(diff.KindTemplate, diff.VerdictCreate, "z")},
		Needs:   []diff.Need{{Secret: "S", Addresses: []string{"z"}}, {Secret: "T", Addresses: []string{"b", "z"}, Missing: true}},
	}
	joined, err := diff.Join(first, second)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outline(joined), "create template/z\ncreate job/b\nunchanged job/c\nremove job/a"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if d := cmp.Diff([]diff.Need{{Secret: "S", Addresses: []string{"z"}}, {Secret: "T", Addresses: []string{"b", "z"}, Missing: true}}, joined.Needs); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if joined.Summary.Unchanged != 3 {
		t.Errorf("%d unchanged, want 3", joined.Summary.Unchanged)
	}
}

func TestDriftOnly(t *testing.T) {
	t.Parallel()
	base := defined(t, "j", `{"arch":"a","flavor":"x","steps":[]}`)
	head := defined(t, "j", `{"arch":"a","flavor":"y","steps":[]}`)
	in := input(compiled(head, defined(t, "new", plainJob), defined(t, "gone", plainJob)), compiled(base, defined(t, "gone", plainJob)), listed(existing(t, "j", `{"arch":"b","flavor":"x","steps":[]}`)))
	p := diff.DriftOnly(diff.Compute(in))
	if got, want := outline(p), "drift shop/job/gone\nchange shop/job/j | drift arch"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if !p.Drifted() || p.Summary.Drift != 2 || p.Summary.Update != 0 || p.Unapplied != 1 {
		t.Errorf("drifted %t, summary %+v", p.Drifted(), p.Summary)
	}
	in.Live = listed(existing(t, "j", `{"arch":"a","flavor":"x","steps":[]}`), existing(t, "gone", plainJob))
	if p := diff.DriftOnly(diff.Compute(in)); p.Drifted() || len(p.Changes) != 0 || p.Jobs != 2 || p.NotLive != 1 {
		t.Errorf("no drift: drifted %t, %d compared, %d not live, %s", p.Drifted(), p.Jobs, p.NotLive, outline(p))
	}
	same := diff.DriftOnly(diff.Compute(input(compiled(base), compiled(base), listed(existing(t, "j", `{"arch":"b","flavor":"x","steps":[]}`)))))
	if !same.Drifted() || same.Unapplied != 0 {
		t.Errorf("an edit outside alone: drifted %t, %d are not applied", same.Drifted(), same.Unapplied)
	}
	template := &compile.Template{Address: "shop/template/t", Name: "t", Body: body(t, `{"name":"t","template":{"steps":[]}}`)}
	created := input(compiled(base), compiled(base), listed(existing(t, "j", `{"arch":"a","flavor":"x","steps":[]}`)))
	created.Head.Templates, created.Base.Templates = []*compile.Template{template}, nil
	if p := diff.DriftOnly(diff.Compute(created)); p.Templates != 0 || p.NotLive != 1 {
		t.Errorf("a template that is not live: %d compared, %d not live", p.Templates, p.NotLive)
	}
	for action, unapplied := range map[string]int{"disable": 1, "keep": 0} {
		in := input(compiled(), compiled(defined(t, "gone", plainJob)), listed(existing(t, "gone", plainJob)))
		in.Policy = spec.Policy{OnRemove: action, MaxRemovals: 3, MaxRemovalShare: 1}
		if p := diff.DriftOnly(diff.Compute(in)); p.Unapplied != unapplied {
			t.Errorf("a removal with on_remove %s: %d are not applied, want %d", action, p.Unapplied, unapplied)
		}
	}
	in = input(in.Head, in.Head, listed(existing(t, "gone", plainJob)))
	for assumed, note := range map[bool]string{false: "was deleted outside buildsync", true: "is not live, and no apply of it is recorded"} {
		in.AssumedBase = assumed
		p := diff.DriftOnly(diff.Compute(in))
		if len(p.Changes) != 2 || p.Changes[0].Note != note || (p.Base == nil) != assumed {
			t.Errorf("assumed %t: base %v, %s, %q", assumed, p.Base, outline(p), p.Changes[0].Note)
		}
	}
	in.Live, in.AssumedBase = listed(), true
	if p := diff.Compute(in); len(p.Refusals) != 1 || !strings.Contains(p.Refusals[0].Message, "run buildsync plan") || strings.Contains(p.Refusals[0].Message, "--base none") {
		t.Errorf("nothing live, nothing applied: %v", p.Refusals)
	}
}
