package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/buildsync/buildsync/pkg/client"
)

// meaning is the meaning of a code of the service.
type meaning string

const (
	notFound   meaning = "not found"
	invalidID  meaning = "invalid id" // not found, although the id was accepted before
	noRoute    meaning = "no such route"
	tryAgain   meaning = "try again, the call may have been processed"
	refused    meaning = "the request is wrong"
	nameIsUsed meaning = "taken"
)

// codes are those of reference 7.2 and those seen in real traffic.
var codes = map[string]meaning{
	"CB.00060100": tryAgain, "CB.00060101": tryAgain, "CB.00060211": tryAgain, "CB.00030004": tryAgain,
	"CB.00060200": refused, "CB.00060202": refused, "CB.00060203": refused, "CB.00060212": refused, "CB.00060213": refused,
	"CB.00031105": refused, "DEVCB.00030000": refused, "DEV.CB.032302": refused, "DEV.CB.02101217": refused,
	"CB.00060201": invalidID, "DEV.CB.032011": invalidID,
	"CB.00060214": noRoute, "APIGW.0101": noRoute,
	"DEVCB.00031006": notFound, "CB.00031006": notFound, "DEV.CB.0520002": notFound, "CB.00031059": notFound,
}

// mayBeTaken are codes without a reason: with 409 they mean that the name is taken.
var mayBeTaken = map[string]bool{"CB.00060200": true, "DEVCB.00030000": true}

// TestCodesMeanTheSameWithEveryStatus checks that a code means the same with every status, inside a
// 200 too, in each form of an error, for reads and writes.
func TestCodesMeanTheSameWithEveryStatus(t *testing.T) {
	t.Parallel()
	for code, want := range codes {
		for _, status := range []int{200, 400, 404, 409, 422} {
			for _, form := range []string{`{"error_code":%q,"error_msg":"said by a test"}`, `{"error":{"code":%q,"reason":"said by a test"},"status":"error"}`} {
				want := want
				if status == http.StatusConflict && mayBeTaken[code] {
					want = nameIsUsed
				}
				s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, status, fmt.Sprintf(form, code)) })
				c, _ := newClient(t, s.URL)
				for name, err := range map[string]error{"read": readOp.call(t.Context(), c), "write": c.DeleteJob(t.Context(), "0123456789abcdef0123456789abcdef")} {
					if have := meaningOf(err); have != want {
						t.Errorf("%s with %d, a %s: %q, want %q (%v)", code, status, name, have, want, err)
					}
				}
			}
		}
	}
}

func meaningOf(err error) meaning {
	switch {
	case errors.Is(err, client.ErrNotFound):
		return notFound
	case errors.Is(err, client.ErrInvalidID):
		return invalidID
	case errors.Is(err, client.ErrExists):
		return nameIsUsed
	case errors.Is(err, client.ErrRouteMissing):
		return noRoute
	case client.OutcomeOf(err) == client.Unsure:
		return tryAgain
	case client.OutcomeOf(err) == client.Rejected && !errors.Is(err, client.ErrUnauthorized) && !errors.Is(err, client.ErrForbidden):
		return refused
	}
	return meaning(fmt.Sprint(err))
}
