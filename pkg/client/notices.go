package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Notices returns a job's notification rows, one for each type (API reference
// 4.23). It returns nil if the service answers null: they are unknown then.
func (c *Client) Notices(ctx context.Context, jobID string) ([]wire.Notice, error) {
	k, err := c.newCall(opListNotices, repeatRead, jobID)
	a, err := c.do(ctx, k, err)
	if err != nil {
		return nil, err
	}
	rows := a.body.Get(wire.KeyResult)
	if a.body.Kind() == jsontree.KindArray {
		rows = a.body
	}
	if rows == nil || !rows.IsAbsentOrNull() && rows.Kind() != jsontree.KindArray && rows.Kind() != jsontree.KindObject {
		return nil, c.fails(k, a, Unsure, ErrNotTheAPI, "the answer lists no notifications")
	}
	if rows.IsAbsentOrNull() {
		return nil, nil
	}
	notices := wire.DecodeNotices(rows)
	if notices == nil {
		return nil, c.fails(k, a, Unsure, ErrNotTheAPI, "the rows of the notifications have no notice_type")
	}
	return notices, nil
}

// UpdateNotice sets which events of one type send a notification; the list in
// notice is complete, an empty one turns all off (API reference 4.24).
func (c *Client) UpdateNotice(ctx context.Context, jobID string, notice wire.NoticeUpdate) error {
	return c.writeNotice(ctx, opUpdateNotice, jobID, notice)
}

// DisableNotice turns one type of notification off (API reference 4.25).
func (c *Client) DisableNotice(ctx context.Context, jobID, noticeType string) error {
	if c.dialect == DialectV1 { // which has no such call
		return c.writeNotice(ctx, opDisableNotice, jobID, wire.NoticeUpdate{NoticeType: noticeType})
	}
	k, err := c.newCall(opDisableNotice, repeatAbsolute, jobID)
	if err == nil {
		k.query = url.Values{"notice_type": {disabledType(noticeType)}}
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return err
	}
	return c.noticeWritten(k, a, jobID)
}

// disabledType returns the spelling of a type for the disable call. Its examples are in lower case,
// those of the rows in upper case.
func disabledType(noticeType string) string { return strings.ToLower(noticeType) }

func (c *Client) writeNotice(ctx context.Context, o op, jobID string, notice wire.NoticeUpdate) error {
	if notice.EnabledEventTypeNames == nil {
		notice.EnabledEventTypeNames = []string{} // null would leave open what is meant
	}
	k, err := c.newCall(o, repeatAbsolute, jobID)
	if err == nil {
		k.body, err = json.Marshal(notice)
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return err
	}
	return c.noticeWritten(k, a, jobID)
}

// noticeWritten checks the answer to a write. In the reference's table the result is a string, in
// its example an object with the job's id; the newer route's answer is not documented.
func (c *Client) noticeWritten(k *call, a *answer, jobID string) error {
	text, isText := a.body.Get(wire.KeyResult).AsString()
	if isText && text != jobID && len(text) == len(jobID) && isIdentifier(text) {
		return c.fails(k, a, Unsure, ErrWrongObject, "the call was about job %s, the answer is about %q", jobID, text)
	}
	return c.sameJob(k, a, jobID, c.dialect == DialectV3 && !isText)
}
