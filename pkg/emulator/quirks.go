package emulator

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
)

// Quirks are the service's behaviour where its documents are silent, differ from traffic, or are
// wrong. The zero value is NoQuirks, the reference taken literally. Q numbers refer to the
// project's notes on the service.
type Quirks struct {
	// UniqueNames is the answer to a second live job with the same name in a project.
	UniqueNames Uniqueness `json:"unique_names"`
	// UniqueTemplates is the same for the custom templates of an account.
	UniqueTemplates Uniqueness `json:"unique_templates"`
	// RecycledNameBlocked keeps the name of a job in the recycle bin reserved.
	RecycledNameBlocked bool `json:"recycled_name_blocked"`
	// DisabledLocked refuses to update a job that is disabled.
	DisabledLocked bool `json:"disabled_locked"`
	// NotFound is the status for a job or template that does not exist: 422, 404,
	// 400 with the reference's code, or 200 with an error inside.
	NotFound int `json:"not_found"`
	// PageBase is the number of the first page of jobs, 0 or 1.
	PageBase int `json:"page_base"`
	// NewestFirst lists the newest job first, so that pages shift under a writer.
	NewestFirst bool `json:"newest_first"`
	// ListLag is how long the job list does not show a create or delete.
	ListLag time.Duration `json:"list_lag"`
	// EmptyPages answers every second listing page without rows while the list lags.
	EmptyPages bool `json:"empty_pages"`
	// WrongTotal adds one to the total of the job list.
	WrongTotal bool `json:"wrong_total"`
	// Secrets is the form of sensitive parameter values when read.
	Secrets SecretForm `json:"secrets"`
	// UpperDefinition shows the names of parameter definitions in capitals on the v3 routes.
	// The stored form does not change.
	UpperDefinition bool `json:"upper_definition"`
	// Nulls answers null for optional members that were not sent.
	Nulls bool `json:"nulls"`
	// ServerProperties adds the properties of a step's module to the stored step.
	ServerProperties bool `json:"server_properties"`
	// TextBooleans returns "true" and "false" for step properties that were seen as booleans and as
	// texts.
	TextBooleans bool `json:"text_booleans"`
	// Reordered answers parameters and their fields in another order.
	Reordered bool `json:"reordered"`
	// ExtraFields adds members that no document lists to job bodies.
	ExtraFields bool `json:"extra_fields"`
	// PredefinedParameter adds codeBranch to a new job, described in Chinese.
	PredefinedParameter bool `json:"predefined_parameter"`
	// EndpointID spells end_point_id as endpoint_id on reading.
	EndpointID bool `json:"endpoint_id"`
	// ParametersNeedFlag leaves parameters out of a query without
	// get_all_params=true; the reference's get_all_parameters is ignored then.
	ParametersNeedFlag bool `json:"parameters_need_flag"`
	// BodyRequired refuses a POST without a body. The vendor's SDK sends none if a call has
	// no parameters.
	BodyRequired bool `json:"body_required"`
	// OneAsObject prints a list of one history record as an object.
	OneAsObject bool `json:"one_as_object"`
	// ParametersAsList answers a build's parameters as a list of one map, as the
	// example of 4.8 does.
	ParametersAsList bool `json:"parameters_as_list"`
	// TextInText answers job bodies as a JSON string that contains JSON.
	TextInText bool `json:"text_in_text"`
	// EmptyErrors answers "error": "" in place of null.
	EmptyErrors bool `json:"empty_errors"`
	// ObjectResult returns objects for results that the reference types as String, those of
	// notification calls, as in its examples.
	ObjectResult bool `json:"object_result"`
	// EmptyStop answers a stop with an empty body.
	EmptyStop bool `json:"empty_stop"`
	// NoticeCase is the spelling of notice_type that disabling accepts.
	NoticeCase NoticeCase `json:"notice_case"`
	// NoticeReplaces clears a channel's configuration if an update does not send it.
	NoticeReplaces bool `json:"notice_replaces"`
	// NoticeMasked shows a channel's configuration as asterisks.
	NoticeMasked bool `json:"notice_masked"`
	// NewNotices adds the rows WECOM and FEISHU.
	NewNotices bool `json:"new_notices"`
	// TemplatesFromZero makes 0 the number of the first page of templates; the
	// vendor's SDK and Terraform provider count from 1.
	TemplatesFromZero bool `json:"templates_from_zero"`
	// PublicTemplates is how many templates of other users a query also returns.
	PublicTemplates int `json:"public_templates"`
	// SimilarTemplates gives those templates names like the caller's own.
	SimilarTemplates bool `json:"similar_templates"`
	// CapitalTemplates capitalises Steps and Properties in templates.
	CapitalTemplates bool `json:"capital_templates"`
	// CommitOnError carries out every second request whose fault has no Commit.
	CommitOnError bool `json:"commit_on_error"`

	// V3Hidden lists members, separated by blanks, that reading a job on v3 omits; scms.NAME means
	// a member of each code source.
	V3Hidden string `json:"v3_hidden"`
	// V3Dropped lists members that a create or update on v3 does not store, in the form of V3Hidden.
	V3Dropped string `json:"v3_dropped"`
	// OtherCase shows the words of the service in the other letter case: arch, host_type,
	// build_config_type, and build_type of a code source.
	OtherCase bool `json:"other_case"`
	// BareObjects prints a list of one in a job or template as that one object.
	BareObjects bool `json:"bare_objects"`
	// NullErrors answers an object of nulls in place of "error": null.
	NullErrors bool `json:"null_errors"`
	// NoState leaves disabled out of the rows of jobs.
	NoState bool `json:"no_state"`
	// NoTotal leaves the count out of lists of jobs and templates.
	NoTotal bool `json:"no_total"`
	// BareTemplates prints the list of templates without its count, as the result itself.
	BareTemplates bool `json:"bare_templates"`
	// NullTemplates answers null where there are no templates.
	NullTemplates bool `json:"null_templates"`
	// Doubles stores numbers as floating point prints them: 1.10 becomes 1.1.
	Doubles bool `json:"doubles"`
	// TemplateMembers shows image, image_source, actions and
	// auto_update_sub_module beside the steps of each template.
	TemplateMembers bool `json:"template_members"`
	// LooseParameters accepts parameters without a name, and two with one name.
	LooseParameters bool `json:"loose_parameters"`
	// AsSent stores bodies as they were sent, with nothing filled in.
	AsSent bool `json:"as_sent"`
	// PredefinedReturns adds codeBranch to every body that lacks it, updates too.
	PredefinedReturns bool `json:"predefined_returns"`
	// NoOfficialTemplates answers the newer route of official templates with 404.
	NoOfficialTemplates bool `json:"no_official_templates"`
	// MovingFields shows members that have another value at each read.
	MovingFields bool `json:"moving_fields"`
	// StripNewline shows texts of steps without their last line break.
	StripNewline bool `json:"strip_newline"`
	// TrimTexts shows texts of steps without blanks at the ends of their lines and around them.
	TrimTexts bool `json:"trim_texts"`
	// LowerTexts shows texts of steps in small letters, a rewriting that the client does not know.
	LowerTexts bool `json:"lower_texts"`
	// EscapeHTML shows texts of steps with &amp;, &lt; and &gt;.
	EscapeHTML bool `json:"escape_html"`
	// NFC shows texts of steps in Unicode's composed form.
	NFC bool `json:"nfc"`
	// TokenLife is the lifetime of an IAM token; 0: Options.TokenLife.
	TokenLife time.Duration `json:"token_life"`
	// RatePerSecond is the limit of calls per second; 0: Options.Rate.
	RatePerSecond int `json:"rate_per_second"`
	// RatePerMinute is the limit of calls per minute and route; 0: no limit.
	RatePerMinute int `json:"rate_per_minute"`
	// NoRetryAfter omits the header Retry-After from throttled answers.
	NoRetryAfter bool `json:"no_retry_after"`
	// ThrottleInside500 throttles with 500 CB.00060211 in place of 429.
	ThrottleInside500 bool `json:"throttle_500"`
	// SlowPerCall delays each answer by this time for every other call under way.
	SlowPerCall time.Duration `json:"slow_per_call"`
}

// v3Leaves are the members that reference 4.26 does not show.
var v3Leaves = strings.Join(wire.NewerRoutesOnly, " ")

// Uniqueness is the answer to a second object with the same name.
type Uniqueness string

// The answers to a create with a taken name.
const (
	UniqueOff       Uniqueness = "off"       // it is created
	Unique409       Uniqueness = "409"       // refused with 409
	Unique400       Uniqueness = "400"       // refused with the reference's generic 400 CB.00060200
	UniqueInside200 Uniqueness = "error-200" // refused with an error inside 200
)

// SecretForm is how the service hides a sensitive value.
type SecretForm string

// The replacements of a sensitive value.
const (
	SecretMask       SecretForm = "mask"       // ******
	SecretCiphertext SecretForm = "ciphertext" // a text that differs for each value
	SecretNull       SecretForm = "null"
)

// NoticeCase is the spelling of a notice type that a call accepts.
type NoticeCase string

// Spellings of notice_type when disabling.
const (
	NoticeAny   NoticeCase = "any"
	NoticeLower NoticeCase = "lower" // message, as the example of 4.25
	NoticeUpper NoticeCase = "upper" // MESSAGE, as the rows
)

// templateBase returns the number of the first page of templates.
func (q Quirks) templateBase() int {
	if q.TemplatesFromZero {
		return 0
	}
	return 1
}

// NoQuirks returns the reference taken literally.
func NoQuirks() Quirks {
	return Quirks{
		UniqueNames: UniqueOff, UniqueTemplates: UniqueOff, NotFound: http.StatusUnprocessableEntity,
		Secrets: SecretMask, NoticeCase: NoticeAny,
	}
}

// withDefaults sets members that are zero to the value of NoQuirks.
func (q Quirks) withDefaults() Quirks {
	none := NoQuirks()
	q.UniqueNames = cmp.Or(q.UniqueNames, none.UniqueNames)
	q.UniqueTemplates = cmp.Or(q.UniqueTemplates, none.UniqueTemplates)
	q.NotFound = cmp.Or(q.NotFound, none.NotFound)
	q.Secrets = cmp.Or(q.Secrets, none.Secrets)
	q.NoticeCase = cmp.Or(q.NoticeCase, none.NoticeCase)
	return q
}

// Defaults returns the quirks seen in traffic, without noise: for development.
func Defaults() Quirks {
	q := NoQuirks()
	q.UniqueNames = Unique409
	q.UpperDefinition, q.Nulls, q.ServerProperties, q.ParametersNeedFlag = true, true, true, true
	return q
}

// Strict refuses everything that the reference allows it to refuse.
func Strict() Quirks {
	q := Defaults()
	q.UniqueTemplates = Unique409
	q.RecycledNameBlocked, q.BodyRequired = true, true
	q.NoticeCase = NoticeLower
	return q
}

// Lenient accepts much, lists late and answers everything in another form.
func Lenient() Quirks {
	q := NoQuirks()
	q.NotFound = http.StatusNotFound
	q.ListLag = 5 * time.Second
	q.NewestFirst = true
	q.Secrets = SecretCiphertext
	q.PublicTemplates = 170
	return q.withForms()
}

// Hostile returns the worst behaviour that the documents allow.
func Hostile() Quirks {
	q := NoQuirks()
	q.UniqueNames, q.UniqueTemplates = UniqueInside200, UniqueInside200
	q.RecycledNameBlocked = true
	q.NotFound = http.StatusOK
	q.PageBase = 1
	q.ListLag, q.EmptyPages, q.NewestFirst = 30*time.Second, true, true
	q.Secrets = SecretNull
	q.ParametersNeedFlag, q.BodyRequired = true, true
	q.CommitOnError = true
	q.PublicTemplates, q.SimilarTemplates = 500, true
	q.OneAsObject, q.ParametersAsList, q.EmptyErrors, q.EmptyStop = true, true, true, true
	return q.withForms()
}

// Legacy returns an old installation that adds nothing and forgives little.
func Legacy() Quirks {
	q := NoQuirks()
	q.NotFound = http.StatusNotFound
	q.CommitOnError = true
	q.NoticeCase = NoticeLower
	return q
}

// withForms turns on every switch that changes only the form of an answer.
func (q Quirks) withForms() Quirks {
	q.UpperDefinition, q.Nulls, q.ServerProperties, q.TextBooleans = true, true, true, true
	q.Reordered, q.ExtraFields, q.EndpointID, q.PredefinedParameter = true, true, true, true
	q.NewNotices, q.CapitalTemplates = true, true
	return q
}

// Profile returns the quirks of a name: default, none, all, strict, lenient,
// hostile or legacy.
func Profile(name string) (Quirks, bool) {
	profile, ok := map[string]func() Quirks{
		"default": Defaults, "none": NoQuirks, "all": allQuirks,
		"strict": Strict, "lenient": Lenient, "hostile": Hostile, "legacy": Legacy,
	}[name]
	if !ok {
		return Quirks{}, false
	}
	return profile(), true
}

// ProfileNames returns the names that Profile knows.
func ProfileNames() []string {
	return []string{"default", "none", "all", "strict", "lenient", "hostile", "legacy"}
}

// allQuirks turns on every switch that does not change a body's meaning.
func allQuirks() Quirks {
	q := NoQuirks()
	for _, s := range Switches() {
		if !s.Alone {
			s.on(&q)
		}
	}
	return q
}

// formerSwitches are switches of an earlier version whose behaviour is now the default; they are
// accepted and do nothing.
var formerSwitches = map[string]func(*Quirks){
	"text-result":     func(q *Quirks) { q.ObjectResult = false },
	"template-base-1": func(q *Quirks) { q.TemplatesFromZero = false },
}

// ParseQuirks reads the value of --quirks: a profile, or a comma-separated list of switches that
// are turned on over NoQuirks. A list may begin with a profile.
func ParseQuirks(text string) (Quirks, error) {
	q := NoQuirks()
	known := Switches()
	for i, name := range strings.Split(text, ",") {
		name = strings.TrimSpace(name)
		if profile, ok := Profile(name); ok && i == 0 {
			q = profile
			continue
		}
		if on := formerSwitches[name]; on != nil {
			on(&q)
			continue
		}
		at := slices.IndexFunc(known, func(s Switch) bool { return s.Name == name })
		if at < 0 {
			names := ProfileNames()
			for _, s := range known {
				names = append(names, s.Name)
			}
			return Quirks{}, fmt.Errorf("unknown quirk %q; known: the profiles and switches %s", name, strings.Join(names, ", "))
		}
		known[at].on(&q)
	}
	return q, nil
}
