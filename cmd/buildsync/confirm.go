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
	line, err := in.newPrompt().ask(ctx, question+" [y/N] ")
	if err != nil && err != io.EOF {
		return false, err
	}
	word := strings.ToLower(strings.TrimSpace(line))
	return word == "y" || word == "yes", nil
}

// prompt asks questions one after the other.
type prompt struct {
	in    *invocation
	lines *bufio.Reader
}

func (in *invocation) newPrompt() *prompt { return &prompt{in, bufio.NewReader(in.stdin)} }

// ask writes a question on stderr and returns the line that answers it, io.EOF
// with what came before the end of the input. It ends at once with ctx, so that
// Ctrl-C needs no Enter behind it.
func (p *prompt) ask(ctx context.Context, question string) (string, error) {
	p.in.stops.Asking.Store(true)
	defer p.in.stops.Asking.Store(false)
	p.in.printf("%s", question)
	type reply struct {
		line string
		err  error
	}
	answers := make(chan reply, 1)
	go func() {
		line, err := p.lines.ReadString('\n')
		answers <- reply{line, err}
	}()
	select {
	case <-ctx.Done():
		p.in.printf("\n")
		return "", context.Cause(ctx)
	case answer := <-answers:
		if answer.err == io.EOF {
			p.in.printf("\n")
		}
		return strings.TrimRight(answer.line, "\r\n"), answer.err
	}
}
