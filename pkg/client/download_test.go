package client_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/client"
)

// logServer serves text, and breaks off the first answers.
type logServer struct {
	text    string
	cuts    []int // the number of bytes before each break
	ranges  bool  // honours Range
	changes bool  // sends another text the second time
	plain   string
}

func (l *logServer) serve(w http.ResponseWriter, r *http.Request, n int) {
	text, start, status := l.text, 0, 200
	if l.changes && n > 1 {
		text = strings.ToUpper(text)
	}
	if from, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok && l.ranges {
		start, _ = strconv.Atoi(strings.TrimSuffix(from, "-"))
		status = 206
	}
	kind := l.plain
	if kind == "" {
		kind = "text/plain"
	}
	conn, out, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	part := text[start:]
	fmt.Fprintf(out, "HTTP/1.1 %d x\r\nContent-Type: %s\r\nETag: \"v1\"\r\nContent-Length: %d\r\n", status, kind, len(part))
	if status == 206 {
		fmt.Fprintf(out, "Content-Range: bytes %d-%d/%d\r\n", start, len(text)-1, len(text))
	}
	fmt.Fprint(out, "\r\n")
	if n <= len(l.cuts) {
		part = part[:l.cuts[n-1]]
	}
	fmt.Fprint(out, part)
	out.Flush()
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a line of the log\n", 5000)
	for _, test := range []struct {
		name     string
		server   logServer
		want     string
		err      string
		requests int
	}{
		{name: "whole", server: logServer{text: text}, want: text, requests: 1},
		{name: "empty", server: logServer{text: ""}, want: "", requests: 1},
		{name: "resumed by range", server: logServer{text: text, cuts: []int{40000, 1, 0}, ranges: true}, want: text, requests: 4},
		{name: "sent again as a whole", server: logServer{text: text, cuts: []int{40000, 50000}}, want: text, requests: 3},
		{name: "changed meanwhile", server: logServer{text: text, cuts: []int{40000}, changes: true}, want: text[:40000], err: "does not continue", requests: 2},
		{name: "broken for ever", server: logServer{text: text, cuts: []int{10, 10, 10, 10, 10, 10}, ranges: true}, want: text[:50], err: "broke off after 50 bytes", requests: 5},
		{name: "error with 200", server: logServer{text: `{"error_code":"CB.00060200","error_msg":"no such record"}`, plain: "application/json"}, err: "no such record", requests: 1},
		{name: "log that is JSON", server: logServer{text: `{"level":"info"}`, plain: "application/json"}, want: `{"level":"info"}`, requests: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, test.server.serve)
			c, _ := newClient(t, s.URL)
			var log bytes.Buffer
			var last, total int64
			n, err := c.FullLog(t.Context(), recordID, &log, client.LogOptions{Progress: func(written, of int64) {
				if written <= last {
					t.Errorf("progress goes from %d to %d", last, written)
				}
				last, total = written, of
			}})
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error = %v, want %q", err, test.err)
			}
			if log.String() != test.want || n != int64(len(test.want)) || last != n {
				t.Errorf("%d bytes (%d in the buffer, progress %d), want %d", n, log.Len(), last, len(test.want))
			}
			if err == nil && test.want != "" && total != int64(len(test.server.text)) {
				t.Errorf("progress of %d, want %d", total, len(test.server.text))
			}
			if len(s.all()) != test.requests {
				t.Errorf("%d requests, want %d", len(s.all()), test.requests)
			}
		})
	}
}

func TestDownloadErrors(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		reply(w, 404, `{"error_code":"CB.00031006","error_msg":"gone"}`)
	})
	c, _ := newClient(t, s.URL)
	if n, err := c.FullLog(t.Context(), recordID, &bytes.Buffer{}, client.LogOptions{}); n != 0 || !errors.Is(err, client.ErrNotFound) {
		t.Errorf("%d, %v", n, err)
	}

	s = newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, strings.Repeat("x", 100000)) })
	c, _ = newClient(t, s.URL)
	_, err := c.Keystore(t.Context(), "a", "d", failing{})
	if !errors.Is(err, errFull) || len(s.all()) != 1 {
		t.Errorf("a full disk: %d requests, %v", len(s.all()), err)
	}
}

var errFull = errors.New("no space left on device")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestCompressedDownload(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a line\n", 10000)
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		fmt.Fprint(z, text)
	})
	c, _ := newClient(t, s.URL)
	var log bytes.Buffer
	if _, err := c.StepLog(t.Context(), recordID, "s", &log, client.LogOptions{}); err != nil || log.String() != text {
		t.Errorf("%d bytes, %v", log.Len(), err)
	}
}

// growing serves a log that grows with each request.
type growing struct {
	pieces []string
	ranges bool
}

func (g growing) serve(w http.ResponseWriter, r *http.Request, n int) {
	text := strings.Join(g.pieces[:min(n, len(g.pieces))], "")
	from, asked := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if !asked || !g.ranges {
		fmt.Fprint(w, text)
		return
	}
	start, _ := strconv.Atoi(strings.TrimSuffix(from, "-"))
	if start >= len(text) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(text)))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(text)-1, len(text)))
	w.WriteHeader(http.StatusPartialContent)
	fmt.Fprint(w, text[start:])
}

// TestGrowingLogIsRead checks that reading a growing log continues, with and without a server that
// supports ranges.
func TestGrowingLogIsRead(t *testing.T) {
	t.Parallel()
	pieces := []string{"", "first\n", "", "second\n", "third\n", ""}
	for _, ranges := range []bool{true, false} {
		s := newServer(t, growing{pieces, ranges}.serve)
		c, _ := newClient(t, s.URL)
		var received client.Received
		for i, piece := range pieces {
			var log bytes.Buffer
			n, err := c.FullLog(t.Context(), recordID, &log, client.LogOptions{Received: &received})
			if err != nil || log.String() != piece || n != int64(len(piece)) {
				t.Fatalf("ranges %v, call %d: %q, %d, %v; want %q", ranges, i, log.String(), n, err, piece)
			}
		}
		if received.Size() != int64(len("first\nsecond\nthird\n")) {
			t.Errorf("ranges %v: %d bytes", ranges, received.Size())
		}
	}
}

// TestDownloadContinuesAPartialFile checks that a download continues from an earlier run's partial file, and
// from nothing else.
func TestDownloadContinuesAPartialFile(t *testing.T) {
	t.Parallel()
	const text = "first\nsecond\n"
	for _, test := range []struct {
		name, kept string
		ranges     bool
		want       string
		changed    bool
	}{
		{name: "a part, with ranges", kept: "first\ns", ranges: true, want: "econd\n"},
		{name: "a part, without", kept: "first\ns", want: "econd\n"},
		{name: "all, with ranges", kept: text, ranges: true},
		{name: "all, without", kept: text},
		{name: "nothing", kept: "", ranges: true, want: text},
		{name: "another text", kept: "fjrst\n", changed: true},
		{name: "more than there is, with ranges", kept: text + "third\n", ranges: true, changed: true},
		{name: "more than there is, without", kept: text + "third\n", changed: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, growing{[]string{text}, test.ranges}.serve)
			c, _ := newClient(t, s.URL)
			var received client.Received
			if _, err := received.ReadFrom(strings.NewReader(test.kept)); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			_, err := c.OldLog(t.Context(), recordID, &log, client.LogOptions{Received: &received})
			if errors.Is(err, client.ErrChanged) != test.changed || !test.changed && err != nil || log.String() != test.want {
				t.Errorf("%q, %v; want %q", log.String(), err, test.want)
			}
			if len(s.all()) != 1 {
				t.Errorf("%d requests, want 1", len(s.all()))
			}
		})
	}
}
