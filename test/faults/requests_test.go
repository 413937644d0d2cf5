package faults

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const (
	estateJobs    = 1000
	estateNotices = 125 // every eighth job declares notifications
)

// estate returns a project of 1,000 jobs, all declared, in ten files.
func estate(t testing.TB) *bench {
	t.Helper()
	files := map[string]string{}
	var seed emulator.Seed
	for i := range estateJobs {
		name := fmt.Sprintf("job-%04d", i)
		file := fmt.Sprintf("jobs/%d.yaml", i/100)
		if files[file] == "" {
			files[file] = "version: 1\njobs:\n"
		}
		files[file] += fmt.Sprintf("  - name: %s\n    arch: x86-64\n    steps: [{sh: {name: s, inputs: {command: echo %d}}}]\n", name, i)
		body, err := jsontree.Parse([]byte(fmt.Sprintf(`{"project_id": %q, "job_name": %q, "arch": "x86-64", "scms": [], "parameters": [],
			"steps": [{"module_id": "devcloud2018.codeci_action_20017.action", "name": "s", "enable": true, "properties": {"command": "echo %d"}}]}`,
			emulator.DefaultProject, name, i)), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		job := emulator.SeedJob{Body: body}
		if i%(estateJobs/estateNotices) == 0 {
			files[file] += "    notifications: {MAIL: [buildJobFail]}\n"
			job.Notices = []wire.NoticeUpdate{{NoticeType: "MAIL", EnabledEventTypeNames: []string{"buildJobFail"}}}
		}
		seed.Bodies = append(seed.Bodies, job)
	}
	b := newBench(t, emulator.Options{Seed: seed}, files)
	b.commit("first")
	return b
}

// requests counts the requests since its last call, by operation.
func (b *bench) requests() map[string]int {
	counts := map[string]int{}
	for _, call := range b.Calls() {
		counts[call.Op]++
	}
	b.ResetCalls()
	return counts
}

// TestRequestsOfAPlan checks the number of requests: ceil(n/100) listings, a query for each
// declared job, and one more for each with notifications. With --changed only jobs that differ
// between base and head count.
func TestRequestsOfAPlan(t *testing.T) {
	t.Parallel()
	b := estate(t)
	expect := func(what string, want map[string]int) {
		t.Helper()
		if diff := cmp.Diff(want, b.requests()); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", what, diff)
		}
	}
	got := b.must(0, "plan", "--detailed-exitcode", "--stats")
	expect("a whole plan", map[string]int{"ListJobs": 10, "QueryJob": estateJobs, "QueryNotice": estateNotices})
	if want := fmt.Sprintf("requests: %d, 0 of them repeated", 10+estateJobs+estateNotices); !strings.Contains(got.stderr, want) {
		t.Errorf("--stats does not say %q: %s", want, got.stderr)
	}
	b.must(0, "drift", "--base", "HEAD")
	expect("drift", map[string]int{"ListJobs": 10, "QueryJob": estateJobs, "QueryNotice": estateNotices})
	b.must(0, "plan", "--changed", "--base", "HEAD", "--detailed-exitcode")
	expect("--changed without a change", map[string]int{"ListJobs": 10})

	b.write("jobs/3.yaml", strings.NewReplacer("echo 304", "echo four", "echo 305", "echo five").Replace(b.read("jobs/3.yaml")))
	b.must(2, "plan", "--changed", "--base", "HEAD", "--detailed-exitcode")
	expect("--changed", map[string]int{"ListJobs": 10, "QueryJob": 2, "QueryNotice": 1})

	var parts []string
	queries, notices := 0, 0
	for i := 1; i <= 4; i++ {
		name := fmt.Sprintf("part%d.json", i)
		parts = append(parts, name)
		b.must(0, "plan", "--shard", fmt.Sprintf("%d/4", i), "--out", name)
		counts := b.requests()
		queries += counts["QueryJob"]
		notices += counts["QueryNotice"]
		if counts["ListJobs"] != 10 || counts["QueryJob"] < estateJobs/8 || counts["QueryJob"] > estateJobs/2 {
			t.Errorf("shard %d is not a fair part: %v", i, counts)
		}
	}
	if queries != estateJobs || notices != estateNotices {
		t.Errorf("the shards asked for %d jobs and %d notifications", queries, notices)
	}
	b.must(0, "plan", "--out", "whole.json")
	b.requests()
	joined := b.must(0, append([]string{"show"}, parts...)...)
	whole := b.must(0, "show", "whole.json")
	if diff := cmp.Diff(whole.stdout, joined.stdout); diff != "" {
		t.Errorf("the joined plan is another one (-whole +joined):\n%s", diff)
	}
	expect("show", map[string]int{})
}
