package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// plantedVariable names the bug that is on.
	plantedVariable = "BUILDSYNC_PLANTED"
	// programVariable and failingVariable are programs that are built already.
	programVariable = "BUILDSYNC_FAULTS_PROGRAM"
	failingVariable = "BUILDSYNC_FAULTS_FAILING"
)

// TestPlantedBugsAreCaught compiles every bug in at once, each behind a switch
// and none in the tree, turns one on at a time, and demands that the tests named
// fail: tests that pass with a bug test nothing. With every switch off they pass.
func TestPlantedBugsAreCaught(t *testing.T) {
	if os.Getenv(plantedVariable) != "" {
		return // these are the tests that are to find a bug
	}
	t.Parallel()
	b := newNursery(t)
	for _, bug := range plantedBugs() {
		t.Run(bug.name, func(t *testing.T) {
			t.Parallel()
			out, err := b.test(t, bug.pkg, bug.run, bug.name)
			switch {
			case err == nil:
				t.Errorf("%s of %s finds nothing:\n%s", bug.run, bug.pkg, out)
			case !strings.Contains(out, "--- FAIL") && !strings.Contains(out, "panic:"):
				t.Errorf("no test fails, but something else: %v\n%s", err, out)
			}
		})
	}
	runs := map[string][]string{}
	for _, bug := range plantedBugs() {
		runs[bug.pkg] = append(runs[bug.pkg], bug.run)
	}
	for pkg, names := range runs {
		t.Run("no bug in "+pkg, func(t *testing.T) {
			t.Parallel()
			if out, err := b.test(t, pkg, strings.Join(depthOne(names), "|"), "none"); err != nil {
				t.Errorf("the tests fail without a bug: %v\n%s", err, out)
			}
		})
	}
}

// depthOne cuts the names of subtests off: a list of patterns with slashes would
// select by their depths.
func depthOne(names []string) []string {
	var out []string
	for _, name := range names {
		name, _, _ = strings.Cut(name, "/")
		out = append(out, name)
	}
	return out
}

// nursery is where programs with all planted bugs are built.
type nursery struct {
	root, dir, overlay string
	slots              chan struct{} // how many tests run at a time
	mu                 sync.Mutex
	built              map[string]func() error
}

func newNursery(t *testing.T) *nursery {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	b := &nursery{root: root, dir: t.TempDir(), slots: make(chan struct{}, 2), built: map[string]func() error{}}
	b.overlay = filepath.Join(b.dir, "overlay.json")
	sources := map[string]string{}
	for _, bug := range plantedBugs() {
		if sources[bug.file] == "" {
			text, err := os.ReadFile(filepath.Join(root, bug.file))
			if err != nil {
				t.Fatal(err)
			}
			sources[bug.file] = string(text)
		}
		if n := strings.Count(sources[bug.file], bug.right); n != 1 {
			t.Fatalf("%s: %q stands %d times in %s: plant the bug elsewhere", bug.name, bug.right, n, bug.file)
		}
		wrong := strings.ReplaceAll(bug.wrong, "PLANTED", fmt.Sprintf("planted(%q)", bug.name))
		sources[bug.file] = strings.Replace(sources[bug.file], bug.right, wrong, 1)
	}
	replace := map[string]string{}
	clause := regexp.MustCompile(`(?m)^package (\w+)$`)
	for file, text := range sources {
		name := clause.FindStringSubmatch(text)
		if name == nil {
			t.Fatalf("%s has no package clause", file)
		}
		replace[filepath.Join(root, file)] = b.write(t, strings.ReplaceAll(file, "/", "_"), text)
		switches := fmt.Sprintf("package %s\n\nimport \"os\"\n\nfunc planted(name string) bool { return os.Getenv(%q) == name }\n", name[1], plantedVariable)
		replace[filepath.Join(root, filepath.Dir(file), "planted.go")] = b.write(t, "planted_"+name[1]+".go", switches)
	}
	document, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, "overlay.json", string(document))
	return b
}

func (b *nursery) write(t *testing.T, name, content string) string {
	t.Helper()
	name = filepath.Join(b.dir, name)
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// build runs a go command that makes a program, once.
func (b *nursery) build(name string, args ...string) (string, error) {
	file := filepath.Join(b.dir, name+".exe")
	b.mu.Lock()
	once := b.built[name]
	if once == nil {
		once = sync.OnceValue(func() error {
			args = append([]string{args[0], "-overlay", b.overlay, "-o", file}, args[1:]...)
			cmd := exec.Command("go", args...)
			cmd.Dir = b.root
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("building %s with planted bugs: %w\n%s", name, err, out)
			}
			return nil
		})
		b.built[name] = once
	}
	b.mu.Unlock()
	return file, once()
}

// test runs tests of a package with one bug on.
func (b *nursery) test(t *testing.T, pkg, run, bug string) (string, error) {
	t.Helper()
	b.slots <- struct{}{}
	defer func() { <-b.slots }()
	file, err := b.build(strings.ReplaceAll(pkg, "/", "_"), "test", "-c", "-vet=off", "./"+pkg)
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), plantedVariable+"="+bug, "RAPID_NOFAILFILE=true")
	if pkg == "test/faults" {
		program, err := b.build("program", "build", "./cmd/buildsync")
		if err != nil {
			t.Fatal(err)
		}
		failing, err := b.build("failing", "build", "-tags", "failpoint", "./cmd/buildsync")
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, programVariable+"="+program, failingVariable+"="+failing)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, "-test.run", run, "-test.failfast", "-test.timeout", (2 * patience).String())
	cmd.Dir, cmd.Env = filepath.Join(b.root, pkg), env
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}
