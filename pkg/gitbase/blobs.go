package gitbase

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/spec"
)

// blobReader is one git cat-file --batch process, which answers for any number
// of objects.
type blobReader struct {
	mu    sync.Mutex
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	fault error // set once the stream can no longer be trusted
}

func startBlobReader(ctx context.Context, dir string) (*blobReader, error) {
	b := &blobReader{cmd: gitCommand(ctx, dir, "cat-file", "--batch")}
	var err error
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewReader(out)
	if err := b.cmd.Start(); err != nil {
		return nil, gitError(ctx, "cat-file", "", err)
	}
	return b, nil
}

// read returns the content of a blob. A blob of more than limit bytes is an
// error.
func (b *blobReader) read(object string, limit int64) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault != nil {
		return nil, b.fault
	}
	content, tooLarge, err := b.exchange(object, limit)
	if err != nil {
		b.fault = fmt.Errorf("git cat-file: %w", err)
		return nil, b.fault
	}
	if tooLarge != nil {
		return nil, tooLarge
	}
	return content, nil
}

// exchange asks for one object. problem concerns only that object. After err
// the stream cannot be used further.
func (b *blobReader) exchange(object string, limit int64) (content []byte, problem, err error) {
	if _, err := io.WriteString(b.in, object+"\n"); err != nil {
		return nil, nil, err
	}
	header, err := b.out.ReadString('\n')
	if err != nil {
		return nil, nil, err
	}
	fields := strings.Fields(header)
	if len(fields) == 2 && fields[1] == "missing" {
		return nil, errors.New("the object is missing from this clone; fetch it first"), nil
	}
	if len(fields) != 3 || fields[1] != "blob" {
		return nil, nil, fmt.Errorf("unexpected answer %q", header)
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return nil, nil, err
	}
	if size > limit {
		if _, err := io.CopyN(io.Discard, b.out, size+1); err != nil {
			return nil, nil, err
		}
		return nil, &spec.TooLargeError{Limit: limit}, nil
	}
	content = make([]byte, size)
	if _, err := io.ReadFull(b.out, content); err != nil {
		return nil, nil, err
	}
	if _, err := b.out.Discard(1); err != nil {
		return nil, nil, err
	}
	return content, nil, nil
}

func (b *blobReader) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault == nil {
		b.fault = errors.New("the tree is closed")
	}
	_ = b.in.Close() // ends the process
	_ = b.cmd.Wait() // each answer was checked as it came; a cancelled run kills the process
}
