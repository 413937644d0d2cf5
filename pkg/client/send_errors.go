package client

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// withErrors turns every answer that is not a full success into an *Error, and makes the text of
// every *Error safe: it masks known secrets, then escapes terminal control characters, then
// shortens it.
func withErrors(next sender, now func() time.Time, mask func(*call, string) string) sender {
	return func(ctx context.Context, k *call) (*answer, error) {
		a, err := next(ctx, k)
		if a != nil {
			a.requestID = sanitize.Line(mask(k, requestID(a.header)), 100)
		}
		var e *Error
		if err == nil && !(k.sink != nil && a.status/100 == 2) {
			if a.body, e = classify(a, k.emptyOK || k.repeat != repeatRead && a.status == http.StatusNoContent, now()); e != nil {
				e.Op, e.Method, e.Path, e.Attempts = string(k.op), k.route.method, k.path, 1
				err = e
			}
		}
		if errors.As(err, &e) {
			e.Message = sanitize.Message(mask(k, e.Message))
			e.Code = sanitize.Line(mask(k, e.Code), 100)
			if a != nil {
				e.RequestID = a.requestID
			}
		}
		return a, err
	}
}
