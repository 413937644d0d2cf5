package emulator

import (
	"net/http"
	"time"
)

// Switch is one quirk by the name that --quirks takes, with what it does when it
// is on.
type Switch struct {
	Name string
	Doc  string
	on   func(*Quirks)
}

// Switches lists every quirk that can be turned on by name, in the order of the
// fields of Quirks.
func Switches() []Switch {
	return []Switch{
		{"unique-names", "a second job of one name is refused with 409", func(q *Quirks) { q.UniqueNames = Unique409 }},
		{"unique-names-200", "as unique-names, but the error comes inside a 200", func(q *Quirks) { q.UniqueNames = UniqueInside200 }},
		{"unique-templates", "a second custom template of one name is refused with 409", func(q *Quirks) { q.UniqueTemplates = Unique409 }},
		{"recycled-name-blocked", "a job in the recycle bin keeps its name taken", func(q *Quirks) { q.RecycledNameBlocked = true }},
		{"disabled-locked", "a disabled job cannot be updated", func(q *Quirks) { q.DisabledLocked = true }},
		{"not-found-404", "what does not exist is answered with 404 in place of 422", func(q *Quirks) { q.NotFound = http.StatusNotFound }},
		{"not-found-200", "what does not exist is an error inside a 200", func(q *Quirks) { q.NotFound = http.StatusOK }},
		{"page-base-1", "the first page of jobs is page 1", func(q *Quirks) { q.PageBase = 1 }},
		{"newest-first", "lists begin with the newest job", func(q *Quirks) { q.NewestFirst = true }},
		{"list-lag", "creates and deletes show in the list 5 seconds late", func(q *Quirks) { q.ListLag = 5 * time.Second }},
		{"empty-pages", "every second listing page is empty while the list lags", func(q *Quirks) { q.EmptyPages = true }},
		{"wrong-total", "the total of a list is one too high", func(q *Quirks) { q.WrongTotal = true }},
		{"ciphertext", "sensitive values are read back as ciphertext in place of asterisks", func(q *Quirks) { q.Secrets = SecretCiphertext }},
		{"secret-null", "sensitive values are read back as null", func(q *Quirks) { q.Secrets = SecretNull }},
		{"upper-definition", "names of parameter definitions are read back in capitals", func(q *Quirks) { q.UpperDefinition = true }},
		{"nulls", "optional members that were not sent are read back as null", func(q *Quirks) { q.Nulls = true }},
		{"server-properties", "the server adds a module's properties to its steps", func(q *Quirks) { q.ServerProperties = true }},
		{"text-booleans", "booleans that were seen in both forms are read back as texts", func(q *Quirks) { q.TextBooleans = true }},
		{"reordered", "parameters and their fields come in another order", func(q *Quirks) { q.Reordered = true }},
		{"extra-fields", "job bodies carry members that no document lists", func(q *Quirks) { q.ExtraFields = true }},
		{"predefined-parameter", "a new job gets the parameter codeBranch", func(q *Quirks) { q.PredefinedParameter = true }},
		{"endpoint-id", "end_point_id is read back as endpoint_id", func(q *Quirks) { q.EndpointID = true }},
		{"parameters-need-flag", "parameters are read only with get_all_params=true", func(q *Quirks) { q.ParametersNeedFlag = true }},
		{"body-required", "a POST without a body is refused", func(q *Quirks) { q.BodyRequired = true }},
		{"one-as-object", "a list of one history record is printed as an object", func(q *Quirks) { q.OneAsObject = true }},
		{"parameters-as-list", "a build's parameters are a list of one map", func(q *Quirks) { q.ParametersAsList = true }},
		{"text-in-text", "job bodies come as a JSON string inside the JSON", func(q *Quirks) { q.TextInText = true }},
		{"empty-errors", "\"error\" is an empty text in place of null", func(q *Quirks) { q.EmptyErrors = true }},
		{"text-result", "results of notification calls are texts, as their table has them", func(q *Quirks) { q.TextResult = true }},
		{"empty-stop", "stopping a build is answered with an empty body", func(q *Quirks) { q.EmptyStop = true }},
		{"notice-lower", "disabling a notification takes the type in small letters only", func(q *Quirks) { q.NoticeCase = NoticeLower }},
		{"notice-upper", "disabling a notification takes the type in capitals only", func(q *Quirks) { q.NoticeCase = NoticeUpper }},
		{"new-notices", "notifications have the rows WECOM and FEISHU as well", func(q *Quirks) { q.NewNotices = true }},
		{"template-base-1", "the first page of templates is page 1", func(q *Quirks) { q.TemplateBase = 1 }},
		{"public-templates", "a template query returns 170 templates of others", func(q *Quirks) { q.PublicTemplates = 170 }},
		{"similar-templates", "templates of others have names like the caller's own", func(q *Quirks) { q.SimilarTemplates = true }},
		{"capital-templates", "templates are read back with Steps and Properties in capitals", func(q *Quirks) { q.CapitalTemplates = true }},
		{"commit-on-error", "every second failing request is carried out all the same", func(q *Quirks) { q.CommitOnError = true }},
	}
}
