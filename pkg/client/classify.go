package client

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// classify decides the outcome of an answer. It returns the parsed body of a success, or an *Error:
// Rejected or NotSent only if the answer is a fully parsed error that is unambiguous, else Unsure.
func classify(a *answer, emptyOK bool, now time.Time) (*jsontree.Value, *Error) {
	e := &Error{Status: a.status, Outcome: Unsure}
	e.date, _ = http.ParseTime(a.header.Get("Date"))
	e.RetryAfter = retryAfter(a.header.Get("Retry-After"), e.date, now)
	success := a.status/100 == 2
	if success && a.cut == nil && emptyOK && len(bytes.TrimSpace(a.raw)) == 0 {
		return jsontree.Object(), nil
	}
	var said failure
	var body *jsontree.Value
	err := a.cut
	if err == nil {
		if body, err = parse(a.raw); err == nil {
			said = readFailure(body)
		}
	}
	switch {
	case err != nil || !said.found && (!success || body.Kind() != jsontree.KindObject && body.Kind() != jsontree.KindArray):
		e.unreadable(a, err)
	case said.found:
		e.Code, e.Message = said.code, said.message
		if !success || !said.unclear {
			e.refusal(success)
		}
	default:
		return body, nil
	}
	return nil, e
}

// unreadable describes an answer that is neither a success nor an error of the service. Its status
// alone proves nothing.
func (e *Error) unreadable(a *answer, err error) {
	e.Cause = err
	e.throttled = e.Status == http.StatusTooManyRequests
	e.passing = e.Status >= 500 && e.Status != http.StatusNotImplemented || e.throttled || e.Status == http.StatusRequestTimeout
	switch {
	case e.Status/100 == 3:
		e.redirect(a)
	case a.cut != nil:
		e.timedOut = isTimeout(a.cut)
		e.passing = e.passing || e.Status/100 == 2
		e.Message = fmt.Sprintf("the answer broke off after %d bytes: %v", len(a.raw), a.cut)
	case e.Status == http.StatusUnauthorized:
		e.kind = ErrUnauthorized
		e.Message = excerpt(a)
	case e.Status/100 == 2 && looksLikeJSON(a.raw):
		e.passing = true
		e.Message = "the answer cannot be trusted"
		if err != nil {
			e.Message = fmt.Sprintf("the answer cannot be trusted: %v", err)
		}
	case e.Status >= 500, e.throttled, e.Status == http.StatusRequestTimeout:
		e.Message = excerpt(a)
	default:
		e.kind = ErrNotTheAPI
		e.Message = "the answer is not the API's: " + excerpt(a)
	}
}

// redirect describes a redirect, which is never followed. Every redirect except 303, which says
// where to read a result, proves that the request was not handled.
func (e *Error) redirect(a *answer) {
	e.kind, e.passing = ErrRedirect, false
	if e.Status != http.StatusSeeOther {
		e.Outcome = Rejected
	}
	e.Message = "the server redirects"
	if target := redirectTarget(a.header.Get("Location")); target != "" {
		e.Message = "the server redirects to " + target + ", where nothing was sent"
	}
}

// refusal sorts a parsed error answer by code, then by status.
func (e *Error) refusal(success bool) {
	gateway := fromGateway(e.Code)
	e.Answered = e.Code != "" && !gateway
	e.throttled = e.Status == http.StatusTooManyRequests || throttleCodes[e.Code]
	switch {
	case notFoundCodes[e.Code], e.Code == codeNoHistory:
		e.kind = ErrNotFound
	case invalidIDCodes[e.Code]:
		e.kind = ErrInvalidID
	case openCodes[e.Code], e.Status >= 500 && !success:
		e.passing = e.Status != http.StatusNotImplemented
		return // Unsure: the service may have done anything
	case routeCodes[e.Code], e.Status == http.StatusMethodNotAllowed:
		e.kind = ErrRouteMissing
	default:
		e.kind = kindOfStatus(e.Status)
		knowsNoObject := gateway || inputCodes[e.Code]
		if knowsNoObject && (e.kind == ErrNotFound || e.kind == ErrExists && e.Code != codeInvalidParameter && e.Code != codeRejected) {
			e.kind = nil
		}
	}
	e.Outcome = Rejected
	if gateway && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden || e.throttled) {
		e.Outcome = NotSent
	}
	e.passing = e.throttled
}

func kindOfStatus(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound, http.StatusGone:
		return ErrNotFound
	case http.StatusConflict:
		return ErrExists
	}
	return nil
}

// failure is an error in an answer's body.
type failure struct {
	found   bool
	unclear bool // all that it says is a status that is neither a success nor a failure
	code    string
	message string
}

// readFailure finds an error in all forms that the service uses, with any status: {error_code,
// error_msg}, {error: {code, reason|message}} or a text, {status: "error"}, {success: false,
// message, err_code|errCode}. An error that says nothing, null and empty members included, does not
// count, and an empty status is as a missing one. In a good answer, a status of another meaning alone
// leaves open what the service did.
func readFailure(body *jsontree.Value) failure {
	var f failure
	for _, key := range [...]string{"error_code", "err_code", "errCode", "errorCode"} {
		if code := body.Get(key); !code.IsEmpty() && !isSuccess(scalar(code)) && f.code == "" {
			f.found, f.code = true, scalar(code)
		}
	}
	inner := body.Get("error")
	if !saysNothing(inner) && !isSuccess(scalar(inner.Get("code"))) {
		f.found = true
		if code := inner.Get("code"); f.code == "" && !code.IsEmpty() {
			f.code = scalar(code)
		}
		if f.code == "" {
			f.code = scalar(inner.Get("error_code"))
		}
	}
	if status := body.Get("status"); !status.IsEmpty() && !isSuccess(scalar(status)) {
		f.found, f.unclear = true, !f.found && !isFailure(scalar(status))
	}
	if success := body.Get("success"); !success.IsAbsentOrNull() {
		failed := !strings.EqualFold(success.Text(), "true")
		f.found, f.unclear = f.found || failed, f.unclear && !failed
	}
	if f.found {
		f.message = failureMessage(body, inner)
	}
	return f
}

// successWords are the statuses of a success. The reference has only the first; gateways in front of
// a service write the others.
var successWords = []string{
	"success", "succeeded", "successful", "ok", "true", "done", "complete", "completed", "accepted", "created", "updated", "deleted",
	"200", "201", "202", "204",
}

// failureWords are the statuses that refuse a call. Any other word leaves open what the service did.
var failureWords = []string{
	"error", "err", "fail", "failed", "failure", "false", "exception", "refused", "rejected", "denied", "invalid", "forbidden", "unauthorized",
}

// isFailure reports whether a status says that the call was refused; the numbers of HTTP do.
func isFailure(text string) bool {
	number, err := strconv.Atoi(text)
	return err == nil && number/100 >= 4 && number/100 <= 5 || slices.Contains(failureWords, strings.ToLower(text))
}

// isSuccess reports whether a status or a code says that there is no failure; 0 is a code for that.
func isSuccess(text string) bool {
	return text != "" && strings.Trim(text, "0") == "" || slices.Contains(successWords, strings.ToLower(text))
}

// saysNothing reports whether an error is empty, or has empty members only.
func saysNothing(v *jsontree.Value) bool {
	for _, m := range v.Members() {
		if !saysNothing(m.Value) {
			return false
		}
	}
	return v.Kind() == jsontree.KindObject || v.IsEmpty()
}

func failureMessage(body, inner *jsontree.Value) string {
	for _, object := range [...]*jsontree.Value{body, inner} {
		for _, key := range [...]string{"error_msg", "reason", "message", "err_msg", "errorMsg", "msg"} {
			if text, ok := object.Get(key).AsString(); ok && text != "" {
				return text
			}
		}
	}
	if text, ok := inner.AsString(); ok {
		return text
	}
	if status := body.Get("status"); !status.IsEmpty() {
		return "status " + scalar(status)
	}
	return ""
}

// scalar returns the text of a scalar, or the JSON of another value.
func scalar(v *jsontree.Value) string {
	switch v.Kind() {
	case jsontree.KindAbsent, jsontree.KindNull:
		return ""
	case jsontree.KindArray, jsontree.KindObject:
		return string(v.AppendJSON(nil))
	}
	return v.Text()
}

// excerpt returns the beginning of an answer that is not JSON.
func excerpt(a *answer) string {
	text := strings.Join(strings.Fields(string(a.raw[:min(len(a.raw), 4*sanitize.MessageLimit)])), " ")
	if text == "" {
		return "an empty answer"
	}
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}

func looksLikeJSON(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || raw[0] == '"'
}

// wholeNumbers refuses integers beyond 64 bits: readers would disagree about their value.
func wholeNumbers(v *jsontree.Value) error {
	switch v.Kind() {
	case jsontree.KindNumber:
		if jsontree.IsLong(v.Text()) {
			return errors.New("a number beyond 64 bits")
		}
	case jsontree.KindArray:
		for _, item := range v.Items() {
			if err := wholeNumbers(item); err != nil {
				return err
			}
		}
	case jsontree.KindObject:
		for _, m := range v.Members() {
			if err := wholeNumbers(m.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// retryAfter reads both forms of the header. A date is relative to the answer's own date if it has
// one. Nonsense (negative, words, more than 32 bits of seconds) counts as absent.
func retryAfter(header string, date, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseUint(header, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	if date.IsZero() {
		date = now
	}
	return max(0, at.Sub(date))
}
