package render_test

import (
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
)

// TestLastEdit checks that every format shows the last editor of a job safely, and that a stored
// plan keeps it.
func TestLastEdit(t *testing.T) {
	t.Parallel()
	drifted := diff.DriftOnly(review(t))
	if len(drifted.Changes) == 0 {
		t.Fatal("nothing drifted")
	}
	drifted.Changes[0].LastEdit = &diff.LastEdit{User: "小王 <b>@all\x1b[31m", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	for format, want := range map[string]string{
		"text":     `last edit: 小王 <b>@all\u{001b}[31m, 2026-01-02T03:04:05Z`,
		"markdown": `  last edit: 小王 <b>@all\u{001b}[31m, 2026-01-02T03:04:05Z`,
		"html":     `last edit: 小王 &lt;b&gt;@all\u{001b}[31m, 2026-01-02T03:04:05Z`,
		"json":     `"time": "2026-01-02T03:04:05Z"`,
	} {
		var out string
		switch format {
		case "text":
			out = text(t, drifted, render.Options{})
		case "markdown":
			out = markdown(t, drifted, 0)
		case "html":
			var b strings.Builder
			if err := render.HTML(&b, drifted, render.HTMLOptions{}); err != nil {
				t.Fatal(err)
			}
			out = b.String()
		case "json":
			out = document(t, drifted)
			checkSchema(t, out)
			again, err := render.Read(strings.NewReader(out))
			if err != nil || document(t, again) != out {
				t.Errorf("read again: %v", err)
			}
		}
		if !strings.Contains(out, want) {
			t.Errorf("%s does not hold %s:\n%s", format, want, out)
		}
	}
	if out := text(t, drifted, render.Options{Zone: time.FixedZone("far", 8*60*60)}); !strings.Contains(out, "2026-01-02T11:04:05+08:00") {
		t.Errorf("not in the zone of the reader:\n%s", out)
	}
	drifted.Changes[0].LastEdit.Time = time.Time{}
	if out := document(t, drifted); strings.Contains(out, `"time"`) || strings.Contains(out, "0001") {
		t.Error("a time that is not known is written")
	}
}

// TestDeletedOutside checks that drift shows a deleted object as changed. No field of it differs
// and nothing is done to it, but it is not in step.
func TestDeletedOutside(t *testing.T) {
	t.Parallel()
	const body = `{"arch":"arm","steps":[]}`
	gone, stays := job(t, "gone", 4, body), job(t, "stays", 9, body)
	both := &compile.Result{Jobs: []*compile.Job{gone, stays}}
	drifted := diff.DriftOnly(diff.Compute(diff.Input{
		Head: both, Base: both, BaseRevision: &diff.Revision{Commit: "4f1c2d9b1f0c4d54a2f2b4b2c2c9a6f0a0d7e222"},
		Live: &diff.Snapshot{Projects: map[string]*diff.LiveProject{project: {ID: project, Complete: true, Jobs: []*diff.LiveJob{liveJob(t, "stays", body)}}}},
	}))
	if !drifted.Drifted() {
		t.Fatal("nothing drifted")
	}
	for format, out := range map[string]string{"text": text(t, drifted, render.Options{}), "markdown": markdown(t, drifted, 0), "html": page(t, drifted)} {
		for line := range strings.Lines(out) {
			if strings.Contains(line, "was deleted outside buildsync") && strings.ContainsAny(line, "~") {
				out = ""
			}
		}
		if out != "" {
			t.Errorf("%s lacks ~ beside the deleted job:\n%s", format, out)
		}
	}
}
