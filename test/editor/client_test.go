//go:build editor

package editor

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// client plays an editor: it speaks the Language Server Protocol to the YAML language server over
// stdio.
type client struct {
	t       *testing.T
	in      io.Writer
	answers chan message
	last    int
}

// message is one message of the protocol, in either direction.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// patience is the longest wait for one answer. It is far more than the server needs and only ends a
// test that hangs.
const patience = time.Minute

// start runs the language server whose script run.sh has installed.
func start(t *testing.T) *client {
	t.Helper()
	script := os.Getenv("YAML_LANGUAGE_SERVER")
	if script == "" {
		t.Fatal("YAML_LANGUAGE_SERVER is not set; run `make test-editor`")
	}
	cmd := exec.Command("node", script, "--stdio")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, in: in, answers: make(chan message, 100)}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	go c.read(out)
	c.call("initialize", map[string]any{"processId": nil, "rootUri": nil, "capabilities": map[string]any{
		"textDocument": map[string]any{"completion": map[string]any{"completionItem": map[string]any{"documentationFormat": []string{"markdown"}}}},
	}}, nil)
	c.notify("initialized", map[string]any{})
	// No schema store: it needs the network.
	c.notify("workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{"yaml": map[string]any{
		"schemaStore": map[string]any{"enable": false}, "validate": true, "completion": true, "hover": true,
	}}})
	return c
}

func (c *client) read(out io.Reader) {
	defer close(c.answers)
	reader := bufio.NewReader(out)
	for {
		header, err := textproto.NewReader(reader).ReadMIMEHeader()
		if err != nil {
			return
		}
		length, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(reader, body); err != nil {
			return
		}
		var m message
		if json.Unmarshal(body, &m) == nil {
			c.answers <- m
		}
	}
}

func (c *client) send(m message) {
	c.t.Helper()
	m.Version = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) notify(method string, params any) {
	c.t.Helper()
	c.send(message{Method: method, Params: marshal(c.t, params)})
}

// call sends a request and waits for its result.
func (c *client) call(method string, params, result any) {
	c.t.Helper()
	c.last++
	id := strconv.Itoa(c.last)
	c.send(message{ID: json.RawMessage(id), Method: method, Params: marshal(c.t, params)})
	answer := c.await(method, func(m message) bool { return m.Method == "" && string(m.ID) == id })
	if answer.Error != nil {
		c.t.Fatalf("%s: %s", method, answer.Error)
	}
	if result != nil {
		if err := json.Unmarshal(answer.Result, result); err != nil {
			c.t.Fatalf("%s: %v in %s", method, err, answer.Result)
		}
	}
}

// await returns the next message that wanted accepts. It gives an empty answer to each request of
// the server meanwhile.
func (c *client) await(what string, wanted func(message) bool) message {
	c.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case m, open := <-c.answers:
			switch {
			case !open:
				c.t.Fatalf("the language server ended before %s", what)
			case wanted(m):
				return m
			case m.Method != "" && m.ID != nil:
				c.send(message{ID: m.ID, Result: json.RawMessage(nothingFor(m))})
			}
		case <-timeout:
			c.t.Fatalf("no %s within %s", what, patience)
		}
	}
}

// nothingFor returns an empty answer; for a request for settings, an empty list.
func nothingFor(m message) string {
	if m.Method != "workspace/configuration" {
		return "null"
	}
	var params struct {
		Items []json.RawMessage `json:"items"`
	}
	if json.Unmarshal(m.Params, &params) != nil {
		return "[]"
	}
	settings := make([]any, len(params.Items))
	settings[0] = map[string]any{"schemaStore": map[string]any{"enable": false}, "validate": true, "completion": true, "hover": true}
	text, err := json.Marshal(settings)
	if err != nil {
		return "[]"
	}
	return string(text)
}

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
