package emulator

import (
	"net/http"
	"time"
)

// Switch is one quirk by its name in --quirks, with its effect.
type Switch struct {
	Name  string
	Doc   string
	on    func(*Quirks)
	Alone bool // not in the profile all: it alters what is read or stored, or refuses calls
}

// Switches lists every quirk with a name, in the order of the fields of Quirks.
func Switches() []Switch {
	return []Switch{
		{"unique-names", "a second job of one name is refused with 409", func(q *Quirks) { q.UniqueNames = Unique409 }, false},
		{"unique-names-200", "as unique-names, but the error comes inside a 200", func(q *Quirks) { q.UniqueNames = UniqueInside200 }, false},
		{"taken-400", "a taken name of a job or template is refused with 400 CB.00060200, the reference's only code", func(q *Quirks) {
			q.UniqueNames, q.UniqueTemplates = Unique400, Unique400
		}, true},
		{"unique-templates", "a second custom template of one name is refused with 409", func(q *Quirks) { q.UniqueTemplates = Unique409 }, false},
		{"recycled-name-blocked", "the name of a job in the recycle bin stays taken", func(q *Quirks) { q.RecycledNameBlocked = true }, false},
		{"disabled-locked", "a disabled job cannot be updated", func(q *Quirks) { q.DisabledLocked = true }, false},
		{"not-found-404", "a missing object is answered with 404 instead of 422", func(q *Quirks) { q.NotFound = http.StatusNotFound }, false},
		{"not-found-400", "a missing object is answered with 400; a job with CB.00060201, the reference's only code", func(q *Quirks) { q.NotFound = http.StatusBadRequest }, true},
		{"not-found-200", "a missing object is an error inside a 200", func(q *Quirks) { q.NotFound = http.StatusOK }, false},
		{"page-base-1", "the first page of jobs is page 1", func(q *Quirks) { q.PageBase = 1 }, false},
		{"newest-first", "lists begin with the newest job", func(q *Quirks) { q.NewestFirst = true }, false},
		{"list-lag", "creates and deletes show in the list 5 seconds late", func(q *Quirks) { q.ListLag = 5 * time.Second }, false},
		{"empty-pages", "every second listing page is empty while the list lags", func(q *Quirks) { q.EmptyPages = true }, false},
		{"wrong-total", "the total of a list is one too high", func(q *Quirks) { q.WrongTotal = true }, false},
		{"ciphertext", "sensitive values are read back as ciphertext in place of asterisks", func(q *Quirks) { q.Secrets = SecretCiphertext }, false},
		{"secret-null", "sensitive values are read back as null", func(q *Quirks) { q.Secrets = SecretNull }, false},
		{"upper-definition", "names of parameter definitions are shown in capitals on v3; what is stored keeps its form", func(q *Quirks) { q.UpperDefinition = true }, false},
		{"nulls", "optional members that were not sent are read back as null", func(q *Quirks) { q.Nulls = true }, false},
		{"server-properties", "the server adds a module's properties to its steps", func(q *Quirks) { q.ServerProperties = true }, false},
		{"text-booleans", "booleans that were seen in both forms are read back as texts", func(q *Quirks) { q.TextBooleans = true }, false},
		{"reordered", "parameters and their fields come in another order", func(q *Quirks) { q.Reordered = true }, false},
		{"extra-fields", "job bodies carry members that no document lists", func(q *Quirks) { q.ExtraFields = true }, false},
		{"predefined-parameter", "a new job gets the parameter codeBranch", func(q *Quirks) { q.PredefinedParameter = true }, false},
		{"endpoint-id", "end_point_id is read back as endpoint_id", func(q *Quirks) { q.EndpointID = true }, false},
		{"parameters-need-flag", "parameters are read only with get_all_params=true", func(q *Quirks) { q.ParametersNeedFlag = true }, false},
		{"body-required", "a POST without a body is refused", func(q *Quirks) { q.BodyRequired = true }, false},
		{"one-as-object", "a list of one history record is printed as an object", func(q *Quirks) { q.OneAsObject = true }, false},
		{"parameters-as-list", "a build's parameters are a list of one map", func(q *Quirks) { q.ParametersAsList = true }, false},
		{"text-in-text", "job bodies come as a JSON string inside the JSON", func(q *Quirks) { q.TextInText = true }, false},
		{"empty-errors", "\"error\" is an empty text in place of null", func(q *Quirks) { q.EmptyErrors = true }, false},
		{"object-result", "results of notification calls are objects, as their examples have them", func(q *Quirks) { q.ObjectResult = true }, false},
		{"empty-stop", "stopping a build is answered with an empty body", func(q *Quirks) { q.EmptyStop = true }, false},
		{"notice-lower", "disabling a notification takes the type in small letters only", func(q *Quirks) { q.NoticeCase = NoticeLower }, false},
		{"notice-upper", "disabling a notification takes the type in capitals only", func(q *Quirks) { q.NoticeCase = NoticeUpper }, false},
		{"new-notices", "notifications have the rows WECOM and FEISHU as well", func(q *Quirks) { q.NewNotices = true }, false},
		{"template-base-0", "the first page of templates is page 0", func(q *Quirks) { q.TemplatesFromZero = true }, false},
		{"public-templates", "a template query returns 170 templates of others", func(q *Quirks) { q.PublicTemplates = 170 }, false},
		{"similar-templates", "templates of others have names like the caller's own", func(q *Quirks) { q.SimilarTemplates = true }, false},
		{"capital-templates", "templates are read back with Steps and Properties in capitals", func(q *Quirks) { q.CapitalTemplates = true }, false},
		{"v3-hidden-fields", "a config read on v3 leaves out triggers, timeout, build_if_code_updated and group_id, and of code sources enable_git_lfs, group_name and repo_name", func(q *Quirks) { q.V3Hidden = v3Leaves }, true},
		{"v3-drops-fields", "a create or update on v3 does not store the members that v3-hidden-fields leaves out", func(q *Quirks) { q.V3Dropped = v3Leaves }, true},
		{"other-case", "arch, host_type, build_config_type and build_type are read back in the other letter case", func(q *Quirks) { q.OtherCase = true }, true},
		{"bare-objects", "a list of one in a job or template is read back as that one object", func(q *Quirks) { q.BareObjects = true }, true},
		{"null-errors", "\"error\" is an object of nulls in place of null", func(q *Quirks) { q.NullErrors = true }, true},
		{"no-state", "the rows of jobs do not say whether they are disabled", func(q *Quirks) { q.NoState = true }, true},
		{"no-total", "lists of jobs and templates have no count", func(q *Quirks) { q.NoTotal = true }, true},
		{"bare-templates", "the result of a template query is the list itself, without a count", func(q *Quirks) { q.BareTemplates = true }, true},
		{"null-templates", "the result of a template query is null where there are none", func(q *Quirks) { q.NullTemplates = true }, true},
		{"numbers-as-doubles", "numbers are stored as JavaScript prints them: 1.10 becomes 1.1", func(q *Quirks) { q.Doubles = true }, true},
		{"template-members", "templates show image, image_source, actions and auto_update_sub_module beside their steps", func(q *Quirks) { q.TemplateMembers = true }, true},
		{"loose-parameters", "parameters without a name, and two of one name, are accepted", func(q *Quirks) { q.LooseParameters = true }, true},
		{"as-sent", "bodies are stored as they were sent, with nothing filled in", func(q *Quirks) { q.AsSent = true }, true},
		{"predefined-returns", "the parameter codeBranch is added to every body that lacks it, updates too", func(q *Quirks) { q.PredefinedReturns = true }, true},
		{"no-official-templates", "the newer route of official templates is answered with 404", func(q *Quirks) { q.NoOfficialTemplates = true }, true},
		{"moving-fields", "update_time of a job and stepUpdateTime of each step are new at every read", func(q *Quirks) { q.MovingFields = true }, true},
		{"strip-last-newline", "texts of steps are read back without their last line break", func(q *Quirks) { q.StripNewline = true }, true},
		{"trim-texts", "texts of steps are read back without blanks at the ends of their lines and around them", func(q *Quirks) { q.TrimTexts = true }, true},
		{"lower-texts", "texts of steps are read back in small letters", func(q *Quirks) { q.LowerTexts = true }, true},
		{"html-escape", "texts of steps are read back with &amp;, &lt; and &gt;", func(q *Quirks) { q.EscapeHTML = true }, true},
		{"unicode-nfc", "texts of steps are read back in Unicode's composed form", func(q *Quirks) { q.NFC = true }, true},
		{"notice-replaces", "an update of a notification clears the param_config that it does not send", func(q *Quirks) { q.NoticeReplaces = true }, true},
		{"notice-masked", "param_config of notifications is read back as asterisks", func(q *Quirks) { q.NoticeMasked = true }, true},
		{"short-tokens", "an IAM token is good for 5 seconds", func(q *Quirks) { q.TokenLife = 5 * time.Second }, true},
		{"throttle-second", "calls beyond 10 a second are answered with 429", func(q *Quirks) { q.RatePerSecond = 10 }, true},
		{"throttle-minute", "calls beyond 50 a minute and route are answered with 429", func(q *Quirks) { q.RatePerMinute = 50 }, true},
		{"throttle-no-hint", "throttling answers have no Retry-After", func(q *Quirks) { q.NoRetryAfter = true }, true},
		{"throttle-500", "throttling is answered with 500 CB.00060211 in place of 429", func(q *Quirks) { q.ThrottleInside500 = true }, true},
		{"slow-under-load", "an answer takes 20 ms more for each other call under way", func(q *Quirks) { q.SlowPerCall = 20 * time.Millisecond }, true},
		{"commit-on-error", "every second failing request is carried out anyway", func(q *Quirks) { q.CommitOnError = true }, false},
	}
}
