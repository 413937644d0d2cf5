// Command record runs a command and writes what it printed as an SVG picture in
// which the lines appear one after the other, as on a terminal.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out := flag.String("out", "", "the file for the picture")
	flag.Parse()
	if *out == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: record -out FILE COMMAND [ARGUMENTS]")
		os.Exit(3)
	}
	printed, err := played(ctx, flag.Args())
	if err == nil {
		err = os.WriteFile(*out, []byte(picture(printed)), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

// played runs a command and returns its output, in colour. Its commits have a fixed date.
func played(ctx context.Context, words []string) (string, error) {
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Env = append(os.Environ(), "FORCE_COLOR=1", "NO_COLOR=", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	printed, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%v: %w\n%s", words, err, printed)
	}
	return string(printed), nil
}
