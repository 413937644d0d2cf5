package emulator

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// answer is a response before it is sent, so that a fault may still change it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

const contentJSON = "application/json;charset=UTF-8"

func jsonAnswer(status int, body *jsontree.Value) *answer {
	return &answer{status: status, header: http.Header{"Content-Type": {contentJSON}}, body: body.AppendJSON(nil)}
}

// ok returns a flat success.
func ok(body *jsontree.Value) (*answer, error) { return jsonAnswer(http.StatusOK, body), nil }

// success wraps a result as most calls do: {result, error, status}.
func (rq *request) success(result *jsontree.Value) (*answer, error) {
	none := jsontree.Null()
	if rq.e.quirks.EmptyErrors {
		none = str("")
	}
	if rq.e.quirks.NullErrors {
		none = obj("code", jsontree.Null(), "reason", jsontree.Null())
	}
	return ok(obj("result", result, "error", none, "status", str("success")))
}

// download returns an answer that is a file.
func download(name string, data []byte) (*answer, error) {
	return &answer{status: http.StatusOK, body: data, header: http.Header{
		"Content-Type":        {"application/octet-stream"},
		"Content-Disposition": {fmt.Sprintf("attachment; filename=%q", name)},
	}}, nil
}

// class is the kind of a refusal; quirks decide the form of the answer.
type class int

const (
	classPlain    class = iota
	classNotFound       // status by Quirks.NotFound
	classConflict       // 409, or inside 200 as the apiError says
)

// apiError is a refusal as the service words it.
type apiError struct {
	class   class
	unique  Uniqueness // of classConflict: the quirk that refuses
	status  int
	code    string
	message string
	header  http.Header
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// Codes from reference 7.2, and those seen in traffic.
const (
	codeBusy       = "CB.00060100"
	codeInternal   = "CB.00060101"
	codeParameter  = "CB.00060200"
	codeJobID      = "CB.00060201"
	codeService    = "CB.00060202"
	codeFileName   = "CB.00060203"
	codeTooMany    = "CB.00060211"
	codeNoURL      = "CB.00060214"
	codeNoJob      = "CB.00031006"
	codeNoHistory  = "CB.00031059"
	codeRange      = "CB.00031105"
	codeNoTemplate = "DEV.CB.0520002"
	codeRejected   = "DEVCB.00030000"
	codeRunState   = "DEV.CB.032302"
	codeNoRoute    = "APIGW.0101"
	codeAuth       = "APIGW.0301"
	codeExpired    = "APIGW.0307"
	codeThrottled  = "APIGW.0308"
)

func invalid(format string, args ...any) error {
	return &apiError{status: http.StatusBadRequest, code: codeParameter, message: "Invalid parameter. " + fmt.Sprintf(format, args...)}
}

func refuse(status int, code, format string, args ...any) error {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// nameTaken refuses a second object with the same name, in the form of the quirk.
func nameTaken(unique Uniqueness, what string) error {
	return &apiError{class: classConflict, unique: unique, code: codeRejected, message: "The " + what + " name already exists."}
}

// badJobID returns the reference's only error for an id without a job.
func badJobID() error { return refuse(http.StatusBadRequest, codeJobID, "Invalid task ID.") }

func noJob(id string) error {
	return &apiError{class: classNotFound, status: http.StatusUnprocessableEntity, code: codeNoJob, message: "The job " + id + " does not exist."}
}

func noTemplate(uuid string) error {
	return &apiError{class: classNotFound, status: http.StatusUnprocessableEntity, code: codeNoTemplate, message: "The template " + uuid + " does not exist."}
}

// refusal turns an error into the answer of this service, with these quirks and over this
// generation of routes.
func (e *Emulator) refusal(err error, api generation) *answer {
	var refused *apiError
	if !errors.As(err, &refused) {
		refused = &apiError{status: http.StatusInternalServerError, code: codeInternal, message: "Internal error. " + err.Error()}
	}
	status, code := refused.status, refused.code
	switch refused.class {
	case classNotFound:
		status = e.quirks.NotFound
		if status == http.StatusBadRequest && code == codeNoJob {
			return e.refusal(badJobID(), api)
		}
		if api == apiV1 && code == codeNoJob {
			code = "DEV" + codeNoJob
		}
	case classConflict:
		switch refused.unique {
		case UniqueInside200:
			status = http.StatusOK
		case Unique400:
			return e.refusal(refuse(http.StatusBadRequest, codeParameter, "Invalid parameter."), api)
		default:
			status = http.StatusConflict
		}
	}
	if status == http.StatusOK {
		return jsonAnswer(status, obj("result", jsontree.Null(),
			"error", obj("code", str(code), "reason", str(refused.message)), "status", str("error")))
	}
	a := jsonAnswer(status, obj("error_code", str(code), "error_msg", str(refused.message)))
	for name, values := range refused.header {
		a.header[name] = values
	}
	return a
}

// obj makes an object from alternating names and values.
func obj(pairs ...any) *jsontree.Value {
	members := make([]jsontree.Member, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		members = append(members, jsontree.Member{Key: pairs[i].(string), Value: pairs[i+1].(*jsontree.Value)})
	}
	return jsontree.Object(members...)
}

func str(s string) *jsontree.Value { return jsontree.String(s) }
func num(n int) *jsontree.Value    { return jsontree.Int(int64(n)) }

// strOrNull is null for an empty text, as the service answers.
func strOrNull(s string) *jsontree.Value {
	if s == "" {
		return jsontree.Null()
	}
	return str(s)
}
