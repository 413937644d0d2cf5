package main

import (
	"bufio"
	"context"
	"io"
	"strings"
)

// confirm asks a question on stderr and reads the answer from stdin. Only y and
// yes agree. It ends with ctx.
func (in *invocation) confirm(ctx context.Context, question string) (bool, error) {
	in.printf("%s [y/N] ", question)
	type reply struct {
		line string
		err  error
	}
	answers := make(chan reply, 1)
	go func() {
		line, err := bufio.NewReader(in.stdin).ReadString('\n')
		answers <- reply{line, err}
	}()
	select {
	case <-ctx.Done():
		in.printf("\n")
		return false, context.Cause(ctx)
	case answer := <-answers:
		if answer.err != nil && answer.err != io.EOF {
			return false, answer.err
		}
		word := strings.ToLower(strings.TrimSpace(answer.line))
		return word == "y" || word == "yes", nil
	}
}
