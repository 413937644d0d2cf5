package cli

import (
	"bufio"
	"context"
	"io"
	"strings"
)

// Confirm asks a question on stderr and reads the answer from stdin. Only y and
// yes agree. It ends with ctx.
func (p *Console) Confirm(ctx context.Context, question string) (bool, error) {
	line, err := p.NewPrompt().Ask(ctx, question+" [y/N] ")
	if err != nil && err != io.EOF {
		return false, err
	}
	word := strings.ToLower(strings.TrimSpace(line))
	return word == "y" || word == "yes", nil
}

// Prompt asks questions one after the other.
type Prompt struct {
	console *Console
	lines   *bufio.Reader
}

// NewPrompt makes a prompt that reads from stdin.
func (p *Console) NewPrompt() *Prompt { return &Prompt{p, bufio.NewReader(p.Stdin)} }

// Ask writes a question on stderr and returns the line of the answer, or io.EOF with the last part
// of the input. It ends at once with ctx, so Ctrl-C needs no Enter.
func (p *Prompt) Ask(ctx context.Context, question string) (string, error) {
	p.console.Stops.Asking.Store(true)
	defer p.console.Stops.Asking.Store(false)
	p.console.Printf("%s", question)
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
		p.console.Printf("\n")
		return "", context.Cause(ctx)
	case answer := <-answers:
		if answer.err == io.EOF {
			p.console.Printf("\n")
		}
		return strings.TrimRight(answer.line, "\r\n"), answer.err
	}
}
