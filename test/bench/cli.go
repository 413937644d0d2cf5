package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// helloWorld is the smallest Go program, to compare start times with.
const helloWorld = `package main

import "fmt"

func main() { fmt.Println("hello") }
`

// cli measures the start of the program, and lint of one file.
func (b *bench) cli() error {
	hello, err := b.helloWorld()
	if err != nil {
		return err
	}
	one := filepath.Join(b.dir, "one")
	if err := definitions(one, 1); err != nil {
		return err
	}
	alone := []string{"BUILDSYNC_SHELLCHECK=off"} // as actionlint is run
	commands := []command{
		{name: "hello-world", dir: one, args: []string{hello}},
		{name: "`buildsync --version`", dir: one, args: []string{b.buildsync, "--version"}},
		{name: "`buildsync lint` of one 60-line file", dir: one, env: alone, args: []string{b.buildsync, "lint", "--no-cache"}},
		{name: "the same, from the cache", dir: one, env: alone, args: []string{b.buildsync, "lint"}},
	}
	if b.actionlint != "" {
		repository := filepath.Join(b.dir, "workflows")
		if err := workflows(repository, 1); err != nil {
			return err
		}
		commands = append(commands, b.actionlintOn(repository, ".github/workflows/service-00000.yaml"))
	}
	times := b.times(101)
	medians, err := b.compare(times, commands...)
	if err != nil {
		return err
	}
	out := newTable("command", "CPU", "× hello-world", "wall")
	for i, c := range commands {
		out.add(c.name, milliseconds(medians[i].cpu), ratio(medians[i].cpu, medians[0].cpu), milliseconds(medians[i].wall))
	}
	fmt.Printf("Medians of %d runs each, in turns.\n\n", times)
	out.print()
	return nil
}

// helloWorld builds the program to compare starts with.
func (b *bench) helloWorld() (path string, err error) {
	dir := filepath.Join(b.dir, "hello")
	if err := write(filepath.Join(dir, "go.mod"), "module hello\n\ngo 1.26\n"); err != nil {
		return "", err
	}
	if err := write(filepath.Join(dir, "main.go"), helloWorld); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "hello")
	_, _, err = b.once(command{dir: dir, env: []string{"CGO_ENABLED=0"}, args: []string{"go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "."}})
	return path, err
}

// actionlintOn returns the command that runs actionlint without the programs that it would start.
func (b *bench) actionlintOn(dir string, files ...string) command {
	return command{
		name: "actionlint", dir: dir, exits: []int{1},
		args:   append([]string{b.actionlint, "-shellcheck=", "-pyflakes=", "-no-color"}, files...),
		before: func() error { return os.MkdirAll(filepath.Join(dir, ".git"), 0o755) }, // actionlint finds a repository by it
	}
}
