//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestExportGoesOnAfterAKill checks that a killed export leaves only complete, readable files, and
// that the same command does the rest.
func TestExportGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	for _, nth := range []int{1, 9, 17, 24} {
		t.Run(fmt.Sprintf("at read %d", nth), func(t *testing.T) {
			t.Parallel()
			e := &estate{dir: t.TempDir()}
			bodies := estateBodies(t, 24, 1)
			for i, seeded := range bodies {
				steps := seeded.Body.Get("steps").Items()
				steps[0].Get("properties").Set("command", jsontree.String(strings.Repeat(fmt.Sprintf("echo %d\n", i), 9000)))
			}
			e.Emulator = serveEstate(t, emulator.Seed{Bodies: bodies}, &e.env)
			e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: "+estateProject(0)+"}\nregion: cn-north-4\n")
			child := exec.Command("buildsync", "-C", e.dir, "export", "--parallelism", "1")
			child.Env = append(e.env, "PATH="+os.Getenv("PATH"))
			var out bytes.Buffer
			child.Stdout, child.Stderr = &out, &out
			started := make(chan struct{}) // the child's first request may come before Start has returned
			kill := func() {
				<-started
				_ = child.Process.Signal(syscall.SIGKILL)
			}
			if err := e.Fail(emulator.Fault{Op: "QueryJob", Nth: nth, Kind: emulator.FaultClose, After: kill}); err != nil {
				t.Fatal(err)
			}
			err := child.Start()
			if err != nil {
				t.Fatal(err)
			}
			close(started)
			err = child.Wait()
			if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				t.Fatalf("it was not killed: %v\n%s", err, out.Bytes())
			}
			e.ClearFaults()
			files, err := filepath.Glob(filepath.Join(e.dir, "definitions", "shop", "*.yaml"))
			if err != nil || len(files) >= 24 {
				t.Fatalf("%d files, %v", len(files), err)
			}
			e.run(t, exitDone, []string{"compile"})
			e.run(t, exitDone, []string{"export", "--verify"}, exported(24-len(files), len(files)), "24 of 24 exact")
			e.run(t, exitDone, []string{"plan", "--detailed-exitcode"}, nothingToDo)
		})
	}
}
