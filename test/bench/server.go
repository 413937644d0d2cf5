package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// server is an emulator in its own process.
type server struct {
	url     string
	env     []string // environment of the commands that call it
	process *exec.Cmd
	started time.Duration // from the start until it serves
}

// serve starts an emulator and waits until it serves.
func (b *bench) serve(dir string, args ...string) (*server, error) {
	args = append([]string{"emulator", "--listen", "127.0.0.1:0"}, args...)
	process := exec.CommandContext(b.ctx, b.buildsync, args...)
	process.Dir = dir
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	out, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := process.Start(); err != nil {
		return nil, err
	}
	s := &server{process: process}
	lines := bufio.NewScanner(out)
	for len(s.env) < 3 && lines.Scan() {
		variable, found := strings.CutPrefix(lines.Text(), "export ")
		if !found {
			continue
		}
		s.env = append(s.env, variable)
		if url, found := strings.CutPrefix(variable, "BUILDSYNC_ENDPOINT="); found {
			s.url = url
		}
	}
	s.started = time.Since(start)
	if s.url == "" || len(s.env) < 3 {
		_, _ = s.stop() // the missing lines say more
		return nil, fmt.Errorf("%s did not say where it serves", strings.Join(process.Args, " "))
	}
	return s, nil
}

// stop ends the emulator and returns its cost.
func (s *server) stop() (sample, error) {
	if err := s.process.Process.Signal(os.Interrupt); err != nil {
		return sample{}, err
	}
	err := s.process.Wait()
	state := s.process.ProcessState
	if err != nil && state == nil {
		return sample{}, err
	}
	return sample{cpu: state.UserTime() + state.SystemTime(), rss: peak(state)}, nil
}

// forget empties the emulator's list of calls.
func (s *server) forget(ctx context.Context) error {
	_, err := s.control(ctx, http.MethodDelete)
	return err
}

// calls counts the calls since the last forget, by operation; "" holds the sum. The emulator keeps
// the last 100,000.
func (s *server) calls(ctx context.Context) (map[string]int, error) {
	text, err := s.control(ctx, http.MethodGet)
	if err != nil {
		return nil, err
	}
	var list []struct{ Op string }
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("reading the emulator's calls: %w", err)
	}
	count := map[string]int{"": len(list)}
	for _, call := range list {
		count[call.Op]++
	}
	return count, nil
}

func (s *server) control(ctx context.Context, method string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.url+"/_emulator/calls", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}
