package emulator

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// altersAnswer reports whether a kind changes the service's own answer, and so carries out the
// request by default.
func (k FaultKind) altersAnswer() bool {
	switch k {
	case FaultStatus, FaultThrottle, FaultHTML, FaultRedirect, FaultReset, FaultClose, FaultSilence:
		return false
	}
	return true
}

// commitOf decides whether a request that meets a fault is carried out.
func (e *Emulator) commitOf(f Fault) Commit {
	switch {
	case f.Commit != CommitDefault:
		return f.Commit
	case f.Kind.altersAnswer():
		return CommitFirst
	case e.quirks.CommitOnError && f.Kind == FaultStatus && f.Status >= 500:
		e.faults.mu.Lock()
		defer e.faults.mu.Unlock()
		if e.faults.errors++; e.faults.errors%2 == 0 {
			return CommitFirst
		}
	}
	return CommitNever
}

// play carries out a request as its fault requires, and sends the fault's answer.
func (e *Emulator) play(w http.ResponseWriter, rq *request, call *openCall, f Fault) {
	if f.Before != nil {
		f.Before()
	}
	var a *answer
	switch e.commitOf(f) {
	case CommitFirst:
		var committed bool
		a, committed = e.process(rq)
		call.commit(committed)
	case CommitLate:
		a = e.rehearse(rq)
		if rq.user != nil { // admitted
			e.faults.mu.Lock()
			e.faults.late = append(e.faults.late, lateCommit{e.Now().Add(f.Delay), rq, call})
			e.faults.mu.Unlock()
		}
	case CommitNever:
		if f.Kind.altersAnswer() {
			a = e.rehearse(rq)
		}
	}
	if f.After != nil {
		f.After()
	}
	e.send(w, rq, call, f, a)
}

// send sends the answer of a fault: a is the service's own answer, nil for kinds that need none.
func (e *Emulator) send(w http.ResponseWriter, rq *request, call *openCall, f Fault, a *answer) {
	switch f.Kind {
	case FaultStatus:
		e.finish(w, call, f.withHeader(errorAnswer(f)))
	case FaultThrottle:
		f.Status, f.Code = http.StatusTooManyRequests, cmp.Or(f.Code, codeThrottled)
		e.finish(w, call, f.withHeader(errorAnswer(f)))
	case FaultHTML:
		page := cmp.Or(f.Body, "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>\n")
		e.finish(w, call, f.withHeader(&answer{cmp.Or(f.Status, http.StatusOK), http.Header{"Content-Type": {"text/html; charset=utf-8"}}, []byte(page)}))
	case FaultRedirect:
		e.finish(w, call, f.withHeader(&answer{cmp.Or(f.Status, http.StatusFound), http.Header{"Location": {f.Location}}, nil}))
	case FaultDelay:
		if e.wait(rq.http, f.Delay) {
			e.finish(w, call, f.withHeader(a))
		}
	case FaultSilence:
		e.hold(rq.http)
		abort(w, false)
	case FaultReset, FaultClose:
		abort(w, f.Kind == FaultReset)
	case FaultPass:
		e.finish(w, call, f.withHeader(a))
	case FaultTruncate, FaultDrip, FaultEndless, FaultHeader, FaultBigHeader, FaultGzipBomb, FaultDieOnReuse:
		e.sendRaw(w, rq, call, f, a)
	default:
		e.finish(w, call, f.withHeader(&answer{a.status, a.header, e.spoil(f.Kind, a.body)}))
	}
}

// withHeader adds the fault's headers to an answer.
func (f Fault) withHeader(a *answer) *answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	for name, value := range f.Header {
		a.header.Set(name, value)
	}
	if f.RetryAfter != "" {
		a.header.Set("Retry-After", f.RetryAfter)
	}
	return a
}

// errorAnswer returns an error in the fault's shape.
func errorAnswer(f Fault) *answer {
	if f.Body != "" {
		return &answer{f.Status, http.Header{"Content-Type": {contentJSON}}, []byte(f.Body)}
	}
	code, message := cmp.Or(f.Code, defaultCode(f.Status)), cmp.Or(f.Message, http.StatusText(f.Status))
	switch f.Shape {
	case "object":
		return jsonAnswer(f.Status, obj("result", jsontree.Null(), "error", obj("code", str(code), "message", str(message)), "status", str("error")))
	case "failed":
		return jsonAnswer(f.Status, obj("success", jsontree.Bool(false), "message", str(message), "err_code", str(code), "result", jsontree.Null()))
	case "text":
		inner := obj("error_code", str(code), "error_msg", str(message))
		return jsonAnswer(f.Status, str(string(inner.AppendJSON(nil))))
	}
	return jsonAnswer(f.Status, obj("error_code", str(code), "error_msg", str(message)))
}

// defaultCode returns the service's usual code for a status.
func defaultCode(status int) string {
	switch status {
	case http.StatusBadRequest:
		return codeParameter
	case http.StatusUnauthorized:
		return codeAuth
	case http.StatusNotFound:
		return codeNoURL
	case http.StatusTooManyRequests:
		return codeThrottled
	case http.StatusServiceUnavailable:
		return codeBusy
	}
	return codeInternal
}

// spoil makes invalid bodies, which a strict reader refuses, and misleading ones.
func (e *Emulator) spoil(kind FaultKind, body []byte) []byte {
	text := string(body)
	switch kind {
	case FaultTwiceKeys:
		return []byte(`{"status":"failed",` + strings.TrimPrefix(text, "{"))
	case FaultCaseKeys:
		return []byte(`{"STATUS":"failed","Error_Code":"CB.00060101",` + strings.TrimPrefix(text, "{"))
	case FaultTrailing:
		return append(body, ` {"error_code":"CB.00060101"}`...)
	case FaultBadUTF8:
		return append([]byte("{\"note\":\"\xff\xfe\","), strings.TrimPrefix(text, "{")...)
	case FaultDeep:
		return []byte(strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000))
	case FaultBigNumber:
		return append([]byte(`{"total":123456789012345678901234567890,`), strings.TrimPrefix(text, "{")...)
	case FaultNoID, FaultOtherID:
		return e.changeIDs(kind, body)
	}
	return body
}

func (e *Emulator) changeIDs(kind FaultKind, body []byte) []byte {
	tree, err := jsontree.Parse(body, jsontree.Limits{})
	if err != nil {
		return body
	}
	var walk func(v *jsontree.Value)
	walk = func(v *jsontree.Value) {
		for _, key := range []string{"job_id", "uuid", "id"} {
			if v.Get(key) == nil {
				continue
			}
			if kind == FaultNoID {
				v.Delete(key)
			} else {
				v.Set(key, str(e.opts.ID()))
			}
		}
		for _, m := range v.Members() {
			walk(m.Value)
		}
		for _, item := range v.Items() {
			walk(item)
		}
	}
	walk(tree)
	return tree.AppendJSON(nil)
}

// hold keeps a request waiting until its client leaves or the emulator closes.
func (e *Emulator) hold(req *http.Request) {
	select {
	case <-req.Context().Done():
	case <-e.closed:
	}
}

// dripEvery is the default pace of FaultDrip.
const dripEvery = time.Second
