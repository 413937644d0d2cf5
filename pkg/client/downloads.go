package client

import (
	"context"
	"io"
	"net/url"
)

// LogOptions are the options of the log downloads.
type LogOptions struct {
	Level    string                     // INFO or DEBUG; "" leaves it to the service
	Progress func(written, total int64) // after each piece; total -1 where it is not known
	Received *Received                  // what has arrived before, so that only the rest is written; nil: nothing
}

// FullLog streams a build's log to w and returns how many bytes it wrote (API
// reference 4.10). A download that breaks off is resumed.
func (c *Client) FullLog(ctx context.Context, recordID string, w io.Writer, opts LogOptions) (int64, error) {
	return c.download(ctx, opFullLog, []string{recordID}, opts.query(), w, opts)
}

// StepLog streams the log of one step of a build (API reference 4.11).
func (c *Client) StepLog(ctx context.Context, recordID, step string, w io.Writer, opts LogOptions) (int64, error) {
	query := opts.query()
	query.Set("task_name", step)
	return c.download(ctx, opStepLog, []string{recordID}, query, w, opts)
}

// OldLog is FullLog over the older route (API reference 5.1, announced for
// removal), which knows no level.
func (c *Client) OldLog(ctx context.Context, recordID string, w io.Writer, opts LogOptions) (int64, error) {
	return c.download(ctx, opOldLog, []string{recordID}, nil, w, opts)
}

// Keystore streams a keystore file of an account to w (API reference 4.3). Where
// it is kept, only its owner may read it.
func (c *Client) Keystore(ctx context.Context, fileName, domainID string, w io.Writer) (int64, error) {
	query := url.Values{"file_name": {fileName}, "domain_id": {domainID}}
	return c.download(ctx, opKeystore, nil, query, w, LogOptions{})
}

func (o LogOptions) query() url.Values {
	query := url.Values{}
	if o.Level != "" {
		query.Set("log_level", o.Level)
	}
	return query
}

func (c *Client) download(ctx context.Context, o op, ids []string, query url.Values, w io.Writer, opts LogOptions) (int64, error) {
	k, err := c.newCall(o, repeatRead, ids...)
	if err != nil {
		return 0, err
	}
	k.query = query
	k.sink = newDownload(w, c.cfg.Timeouts.Stall, opts.Progress)
	defer k.sink.from(opts.Received)()
	before := k.sink.written
	_, err = c.do(ctx, k, nil)
	return k.sink.written - before, err
}
