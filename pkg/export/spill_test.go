package export_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestLargeJobsCanBeRead checks that export writes files that can be read again, with the same
// meaning, for jobs of every size that the service accepts.
func TestLargeJobsCanBeRead(t *testing.T) {
	t.Parallel()
	lines := func(kilobytes int) string {
		return strings.Repeat("echo ${{ x }} $${{ y }} ${z} 构建 \t\n", kilobytes<<10/40)
	}
	step := func(name string, properties ...any) *jsontree.Value {
		return obj("module_id", "devcloud2018.codeci_action_20017.action", "name", name, "properties", obj(properties...))
	}
	var crowd []any
	for i := range 900 {
		crowd = append(crowd, fmt.Sprintf("property%d", i), lines(2))
	}
	for _, c := range []struct {
		name    string
		steps   []*jsontree.Value
		scripts string // their names and how many more there are
	}{
		{"a script of ordinary length stays", []*jsontree.Value{step("Build", "command", lines(60))}, ""},
		{"a long one gets a file", []*jsontree.Value{step("Build it 构建", "command", lines(70)+"no line break at the end")}, "scripts/shop/one/build-it-构建.sh"},
		{"each gets its own", []*jsontree.Value{step("Build", "command", lines(500), "other", lines(500)), step("build", "command", lines(500)), step("!", "command", lines(70))},
			"scripts/shop/one/build.sh scripts/shop/one/build-other.txt scripts/shop/one/build-2.sh scripts/shop/one/script.sh"},
		{"many short ones are too much for a file", []*jsontree.Value{step("Build", crowd...)}, "scripts/shop/one/build-property0.txt and more"},
		{"what no include can hold stays", []*jsontree.Value{step("Build", "command", "\ufeff"+lines(70)), step("Test", "command", "\x00"+lines(70))}, ""},
		{"carriage returns survive", []*jsontree.Value{step("Build", "command", strings.Repeat("a\rb\n", 40000))}, "scripts/shop/one/build.sh"},
		{"a carriage return before a Windows line end stays", []*jsontree.Value{step("Build", "command", strings.Repeat("a\r\r\nb\n", 40000))}, "scripts/shop/one/build.sh"},
		{"a short one too", []*jsontree.Value{step("Build", "command", "a\r\r\nb\n")}, ""},
		{"a raw step", []*jsontree.Value{obj("module_id", "unknown", "name", "x", "properties", obj("deep", obj("list", jsontree.Array(str(lines(80))))))}, "scripts/shop/one/x-list.txt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			live := liveJob(obj("job_name", "one", "arch", "arm", "steps", jsontree.Array(c.steps...)))
			holds(t, []*diff.LiveJob{live})
			d, err := export.New(export.Options{}).Job(shop, live)
			if err != nil {
				t.Fatal(err)
			}
			file, scripts := d.Source("../../.schemas/definitions.schema.json", export.NewLayout([]string{"jobs/**/*.yaml"}, "").ScriptFolder("jobs/shop/one.yaml"))
			if len(file) > spec.MaxFileBytes {
				t.Errorf("the file has %d bytes", len(file))
			}
			var names []string
			for _, s := range scripts {
				names = append(names, s.Name)
			}
			have := strings.Join(names, " ")
			if want, many := strings.CutSuffix(c.scripts, " and more"); have != want && !(many && strings.HasPrefix(have, want+" ")) {
				t.Errorf("have %.300s\nwant %s", have, c.scripts)
			}
		})
	}
	live := liveJob(obj("job_name", "one", "arch", "arm", "steps", jsontree.Array(step("Build", "command", lines(2000)))))
	if _, err := export.New(export.Options{}).Job(shop, live); err == nil || !strings.Contains(err.Error(), "at most 1048576") {
		t.Errorf("a script that no file can hold: %v", err)
	}
}
