package bulk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// manyJobs returns a workspace of n definitions of some 50 lines, one job each.
func manyJobs(n int) spec.MapTree {
	files := spec.MapTree{spec.WorkspaceFile: "version: 1\ndefinitions: [jobs/*.yaml]\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\nvars: {img: maven3.5.3-jdk8-open}\n"}
	steps := strings.Repeat("      - sh:\n          name: Step %[1]d\n          inputs:\n            command: |\n              set -e\n              for port in 8080 8443; do\n                ./smoke.sh --port \"$port\"\n              done\n", 3)
	for i := range n {
		files[fmt.Sprintf("jobs/j%05d.yaml", i)] = fmt.Sprintf("version: 1\njobs:\n  - name: j%[1]d\n    arch: x86-64\n    flavor: 4u8g\n    timeout: 1h\n"+
			"    scms:\n      - {scm_type: codehub, url: \"git@codehub.example.com:shop/s%[1]d.git\", repo_id: \"2111\", branch: main, build_type: branch}\n"+
			"    parameters:\n      - {name: target, options: [dev, prod], default: dev}\n    steps:\n      - maven:\n          name: Build\n          image: ${{ vars.img }}\n          inputs: {command: mvn package}\n"+steps, i)
	}
	return files
}

// BenchmarkBulk compares loading alone with loading and a change.
func BenchmarkBulk(b *testing.B) {
	files := manyJobs(500)
	set := func(path, value string) func(*compile.Loaded) {
		p, err := valuepath.Parse(path)
		if err != nil {
			b.Fatal(err)
		}
		return func(loaded *compile.Loaded) {
			result, err := bulk.Set(loaded, bulk.Request{Path: p, Value: value})
			if err != nil || len(result.Changed) != 500 {
				b.Fatalf("%d values changed: %v", len(result.Changed), err)
			}
		}
	}
	for name, change := range map[string]func(*compile.Loaded){
		"load":           func(*compile.Loaded) {},
		"shared place":   set("steps[Build].image", "maven3.9.9-jdk21"),
		"each file":      set("timeout", "2h"),
		"each file, new": set("enabled", "false"),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				change(load(b, files))
			}
		})
	}
}
