package client

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

const (
	// streamLimit bounds a stream, so that an answer without end fills no disk.
	streamLimit = 4 << 30
	// errorPeek is the length of the start of a stream that is searched for an
	// error sent with status 200.
	errorPeek = 64 << 10
)

// download is an answer as a stream. It survives an attempt, so that the next one continues where
// the last broke off.
type download struct {
	to       io.Writer
	stall    time.Duration
	progress func(written, total int64)
	written  int64
	total    int64
	prefix   hash.Hash // of the written part, to recognise it if it is sent again
	etag     string
}

// Received is the part of a log that has arrived. A download writes only what follows it, and
// updates it. So a broken download can be resumed, and the log of a running build can be followed.
// The zero value means that nothing has arrived. It serves one download at a time.
type Received struct {
	size   int64
	prefix hash.Hash
}

// Size returns how many bytes have arrived.
func (r *Received) Size() int64 { return r.size }

// ReadFrom adds the part of the log that an earlier run has saved.
func (r *Received) ReadFrom(kept io.Reader) (int64, error) {
	r.begin()
	n, err := io.Copy(r.prefix, kept)
	r.size += n
	return n, err
}

func (r *Received) begin() {
	if r.prefix == nil {
		r.prefix = sha256.New()
	}
}

// from makes d continue after the received part. The returned function updates it.
func (d *download) from(r *Received) (done func()) {
	if r == nil {
		return func() {}
	}
	r.begin()
	d.written, d.prefix = r.size, r.prefix
	return func() { r.size = d.written }
}

func newDownload(w io.Writer, stall time.Duration, progress func(written, total int64)) *download {
	return &download{to: w, stall: stall, progress: progress, total: -1, prefix: sha256.New()}
}

// resume requests the rest of an answer that an earlier attempt began.
func (d *download) resume(header http.Header) {
	if d.written == 0 {
		return
	}
	header.Set("Range", fmt.Sprintf("bytes=%d-", d.written))
	if d.etag != "" {
		header.Set("If-Range", d.etag)
	}
}

// nothingMore handles the refusal of a range that starts at the end of the answer: everything has
// arrived, unless the server has less.
func (d *download) nothingMore(ctx context.Context, k *call, resp *http.Response) error {
	if size, known := strings.CutPrefix(resp.Header.Get("Content-Range"), "bytes */"); known && size != strconv.FormatInt(d.written, 10) {
		return d.failed(ctx, k, resp, ErrChanged)
	}
	return nil
}

// errStall is the reason for giving up a stream.
var errStall = timeoutError("the stream stalled")

// errWriting is a local failure. Repeating the call does not help.
type errWriting struct{ cause error }

func (e *errWriting) Error() string { return "writing the output: " + e.cause.Error() }
func (e *errWriting) Unwrap() error { return e.cause }

// receive copies a successful answer to the writer.
func (d *download) receive(ctx context.Context, k *call, resp *http.Response) error {
	err := d.copy(resp)
	if err == nil {
		return nil
	}
	var answered *Error
	if errors.As(err, &answered) {
		answered.Op, answered.Method, answered.Path, answered.Attempts = string(k.op), k.route.method, k.path, 1
		return answered
	}
	return d.failed(ctx, k, resp, err)
}

// failed returns the error of a download that had begun.
func (d *download) failed(ctx context.Context, k *call, resp *http.Response, err error) error {
	e := k.broken(ctx, because(ctx, err), true)
	e.Status = resp.StatusCode
	e.Message = fmt.Sprintf("the download broke off after %d bytes: %v", d.written, err)
	var local *errWriting
	if errors.As(err, &local) || errors.Is(err, ErrChanged) || errors.Is(err, errTooLong) {
		e.passing = false
	}
	return e
}

// ErrChanged means that a download cannot be continued: the server now sends another text than the
// part that has arrived.
var ErrChanged = errors.New("what the server sends now does not continue what it sent before")

var errTooLong = fmt.Errorf("it exceeds %d GiB", streamLimit>>30)

func (d *download) copy(resp *http.Response) error {
	body := bufio.NewReaderSize(&stallReader{body: resp.Body, limit: d.stall}, errorPeek)
	if e := hiddenError(resp, body); e != nil {
		return e
	}
	resumed := resp.StatusCode == http.StatusPartialContent
	switch {
	case resumed && contentStart(resp.Header) != d.written:
		return ErrChanged
	case !resumed && d.written > 0:
		if err := d.skip(body); err != nil {
			return err
		}
	case !resumed:
		d.etag = strongTag(resp.Header.Get("ETag"))
	}
	if resp.ContentLength >= 0 {
		d.total = resp.ContentLength
		if resumed {
			d.total += d.written
		}
	}
	return d.write(body)
}

// skip reads the part that was written before, if the server sends everything again, and checks
// that it is the same.
func (d *download) skip(body io.Reader) error {
	again := sha256.New()
	if _, err := io.CopyN(again, body, d.written); err == io.EOF {
		return ErrChanged // it ends before what was written does
	} else if err != nil {
		return err
	}
	if !bytes.Equal(again.Sum(nil), d.prefix.Sum(nil)) {
		return ErrChanged
	}
	return nil
}

func (d *download) write(body io.Reader) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, writeErr := d.to.Write(buf[:n]); writeErr != nil {
				return &errWriting{writeErr}
			}
			d.prefix.Write(buf[:n])
			d.written += int64(n)
			if d.progress != nil {
				d.progress(d.written, d.total)
			}
			if d.written > streamLimit {
				return errTooLong
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// hiddenError looks for an error that the service sent with status 200: a short JSON document in an
// error form. A log that is JSON does not count.
func hiddenError(resp *http.Response, body *bufio.Reader) *Error {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind != "application/json" {
		return nil
	}
	head, err := body.Peek(errorPeek)
	if err != io.EOF {
		return nil // longer than any error, or broken: the copy will tell
	}
	v, parseErr := jsontree.Parse(head, jsontree.Limits{})
	if parseErr != nil || v.Get("error_code") == nil && v.Get("error") == nil && v.Get("err_code") == nil {
		return nil
	}
	_, e := classify(&answer{status: resp.StatusCode, header: resp.Header, raw: head}, false, time.Time{})
	return e
}

// contentStart returns where a partial answer begins; -1 if it does not say.
func contentStart(header http.Header) int64 {
	text, ok := strings.CutPrefix(header.Get("Content-Range"), "bytes ")
	if !ok {
		return -1
	}
	start, _, _ := strings.Cut(text, "-")
	n, err := strconv.ParseInt(start, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// strongTag returns a tag that identifies bytes; "" for a weak one.
func strongTag(tag string) string {
	if strings.HasPrefix(tag, `"`) {
		return tag
	}
	return ""
}

// stallReader ends a read if nothing arrives within limit, by closing the body.
type stallReader struct {
	body  io.ReadCloser
	limit time.Duration
}

// Read reads the next piece.
func (r *stallReader) Read(p []byte) (int, error) {
	stalled := make(chan struct{})
	timer := time.AfterFunc(r.limit, func() {
		close(stalled)
		r.body.Close()
	})
	n, err := r.body.Read(p)
	if !timer.Stop() {
		<-stalled
		return n, errStall
	}
	return n, err
}
