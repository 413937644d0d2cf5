package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/client"
)

// meaning is the meaning of a code of the service, as docs/api/reference.md words it.
type meaning string

const (
	notFound     meaning = "not found"
	invalidID    meaning = "the id is wrong; if it was accepted before, the object is gone"
	noRoute      meaning = "the service does not have this call"
	slower       meaning = "fewer calls; the call may have been processed"
	slowerAtOnce meaning = "fewer calls; the call was not processed"
	tryAgain     meaning = "the call may have been processed"
	refused      meaning = "refused"
	orTaken      meaning = "refused; with 409 the name is taken"
	nameIsUsed   meaning = "taken"
)

// knownCodes returns the codes of the page about the reference, with their meanings, and how many of
// them the reference's 7.2 has.
func knownCodes(t *testing.T) (codes map[string]meaning, printed int) {
	t.Helper()
	page, err := os.ReadFile("../../docs/api/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	codes = map[string]meaning{}
	word := regexp.MustCompile("`([A-Z]+[A-Z.]*[.][0-9]+)`")
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 {
			continue
		}
		for i, cell := range cells[1:] {
			for _, found := range word.FindAllStringSubmatch(cell, -1) {
				codes[found[1]] = meaning(strings.TrimPrefix(cells[0], "| "))
				printed += 1 - i
			}
		}
	}
	return codes, printed
}

// TestCodesMeanTheSameWithEveryStatus checks that a code means the same with every status, inside a
// 200 too, in each form of an error, for reads and writes.
func TestCodesMeanTheSameWithEveryStatus(t *testing.T) {
	t.Parallel()
	codes, printed := knownCodes(t)
	if printed != 10 || len(codes) != 22 {
		t.Errorf("%d codes of 7.2, which has 10, and %d in all", printed, len(codes))
	}
	codes["APIG.0308"], codes["APIG.0101"] = slowerAtOnce, noRoute
	codes["APIGW.0106"] = refused // of the gateway, and not known
	for code, want := range codes {
		for _, status := range []int{200, 400, 404, 409, 422} {
			for _, form := range []string{`{"error_code":%q,"error_msg":"said by a test"}`, `{"error":{"code":%q,"reason":"said by a test"},"status":"error"}`} {
				want := want
				if want == orTaken {
					want = refused
					if status == http.StatusConflict {
						want = nameIsUsed
					}
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
	case errors.Is(err, client.ErrRateLimited) && client.OutcomeOf(err) == client.Unsure:
		return slower
	case errors.Is(err, client.ErrRateLimited) && client.OutcomeOf(err) == client.NotSent:
		return slowerAtOnce
	case client.OutcomeOf(err) == client.Unsure:
		return tryAgain
	case client.OutcomeOf(err) == client.Rejected && !errors.Is(err, client.ErrUnauthorized) && !errors.Is(err, client.ErrForbidden):
		return refused
	}
	return meaning(fmt.Sprint(err))
}
