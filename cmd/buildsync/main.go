// Command buildsync keeps Huawei Cloud CodeArts Build in step with definitions
// in Git: it lints, compiles, plans and applies them.
//
// This package is flags, wiring, streams and the exit status. One file holds
// one command: its flags, the cross-checks between them, one call into the
// packages, and a renderer.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/completion"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

func main() {
	kit.DeferCollection(kit.NewEnvironment(os.Environ()))
	os.Exit(run(context.Background(), os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run returns the whole program except the end of the process.
func run(ctx context.Context, args, env []string, in io.Reader, out, errOut io.Writer) (code int) {
	stderr := kit.NewLogged(nil)
	ctx, stops := kit.WatchSignals(ctx, stderr)
	defer stops.Release()
	guarded := stops.Guard(errOut)
	stderr.PutTo(guarded)
	p := &program{kit.Console{
		Env: kit.NewEnvironment(env), Stops: stops,
		Stdin: in, Stdout: stops.Guard(out), Stderr: stderr, Logged: stderr,
	}}
	app := p.app()
	if kit.LogsJSON(app, args, p.Env.Get("BUILDSYNC_LOG_FORMAT")) {
		lines := kit.NewJSONLines(guarded)
		defer lines.Close()
		p.Logged = kit.NewLogged(guarded) // what comes from below is JSON already
		stderr.PutTo(lines)
	}
	defer func() {
		if fault := recover(); fault != nil {
			code = p.crashed(fault)
		}
	}()
	if words, ok := completion.Asked(args); ok {
		completion.Complete(&p.Console, func(words []string) kit.Line { return kit.ReadLine(app, append([]string{app.Name}, words...)) }, words)
		return exitDone
	}
	err := p.dispatch(ctx, app, args)
	if crash := (*apply.Crash)(nil); errors.As(err, &crash) {
		return p.crashed(crash)
	}
	return p.exit(ctx, err)
}

// crashed reports a broken invariant without its values, which may be secrets.
func (p *program) crashed(fault any) int {
	kind, stack := "a broken invariant", debug.Stack()
	err, _ := fault.(error)
	if crash := (*apply.Crash)(nil); errors.As(err, &crash) {
		stack = crash.Stack()
	}
	if fromRuntime := runtime.Error(nil); errors.As(err, &fromRuntime) {
		kind = sanitize.Line(fromRuntime.Error(), 200)
	}
	p.Printf("buildsync: internal error: %s in %s\n", kind, kit.Version())
	p.Printf("This is a bug in buildsync. Please report it with the command line and the lines below.\n")
	p.Printf("%s", sanitize.Lines(string(stack)))
	if p.Stops.Wrote.Load() {
		p.Printf("Writes had begun: run `buildsync plan` to see the current state.\n")
		return exitPartial
	}
	return exitFailed
}
