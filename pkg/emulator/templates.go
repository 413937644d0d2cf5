package emulator

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// templateTime is the time format of templates.
const templateTime = "2006-01-02T15:04:05.000-07:00"

// createTemplate serves API reference 4.21.
func createTemplate(rq *request) (*answer, error) {
	made, err := rq.e.newTemplate(rq.tx, rq.user, rq.body)
	if err != nil {
		return nil, err
	}
	rq.tx.putTemplate(made)
	return rq.success(rq.e.writtenItem(made, rq.route.API))
}

// writtenItem returns the answer to creating and deleting a template (tables 4-202 and 4-216): a query's
// row without the owner's nickname.
func (e *Emulator) writtenItem(t *template, api generation) *jsontree.Value {
	item := e.templateItem(t, api)
	item.Delete("nick_name")
	return item
}

// newTemplate makes a template from a body, or returns the service's refusal.
func (e *Emulator) newTemplate(t *tx, user *User, body *jsontree.Value) (*template, error) {
	c := &checker{loose: e.quirks.LooseParameters}
	name := c.need("", body, "name", jsontree.KindString).Text()
	inner := c.need("", body, "template", jsontree.KindObject)
	c.need("template", inner, "steps", jsontree.KindArray)
	c.may("", body, jsontree.KindString, "description", "tool_type")
	c.each("template", inner, "steps", func(at string, v *jsontree.Value) { c.step(at, v, false) })
	c.parameters(body)
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		c.fail("name must not contain invisible characters")
	}
	if c.err != nil {
		return nil, c.err
	}
	if e.quirks.UniqueTemplates != UniqueOff {
		for _, other := range e.state.customTemplates(user.DomainID) {
			if other.Name == name {
				return nil, nameTaken(e.quirks.UniqueTemplates, "template")
			}
		}
	}
	return &template{
		UUID: e.opts.ID(), ID: e.opts.ID()[:24], Name: name, Body: e.stored(body),
		UserID: user.ID, User: user.Name, Domain: user.Domain, Account: user.DomainID,
		Created: t.now, Seq: t.nextSeq(),
	}, nil
}

// templateItem returns one row of a template query (table 4-183).
func (e *Emulator) templateItem(t *template, api generation) *jsontree.Value {
	body := t.Body.Clone()
	for _, definition := range body.Get("parameters").Items() {
		e.presentParameter(definition, api)
	}
	inner := body.Get("template")
	for _, step := range inner.Get("steps").Items() {
		if e.quirks.Nulls {
			setIfAbsent(step, "version", jsontree.Null())
			setIfAbsent(step, "enable", jsontree.Bool(true))
		}
		e.presentTexts(step)
	}
	if e.quirks.TemplateMembers {
		setIfAbsent(inner, "image", jsontree.Null())
		setIfAbsent(inner, "image_source", jsontree.Null())
		setIfAbsent(inner, "actions", jsontree.Array())
		setIfAbsent(inner, "auto_update_sub_module", jsontree.Null())
	}
	if e.quirks.MovingFields {
		e.moveFields(inner)
	}
	if e.quirks.CapitalTemplates {
		inner = capitalSteps(inner)
	}
	if e.quirks.BareObjects {
		bareObjects(body)
		bareObjects(inner)
	}
	parameters := body.Get("parameters")
	if parameters == nil {
		parameters = jsontree.Array()
	}
	return obj(
		"public", jsontree.Bool(true), "favourite", jsontree.Bool(false), "nick_name", strOrNull(t.User),
		"id", str(t.ID), "uuid", str(t.UUID), "template", inner, "type", str("codeci"), "name", str(t.Name),
		"create_time", str(t.Created.UTC().Format(templateTime)), "domain_id", str(t.Account), "weight", num(0),
		"user_id", str(t.UserID), "user_name", str(t.User), "domain_name", str(t.Domain), "scope", str(cmp.Or(t.Scope, "custom")),
		"description", str(body.Str("description")), "tool_type", strOrNull(body.Str("tool_type")),
		"intl_description", jsontree.Object(), "parameters", parameters, "i18n", jsontree.Object(),
	)
}

// capitalSteps capitalises a template's two innermost keys, as in a vendor example.
func capitalSteps(inner *jsontree.Value) *jsontree.Value {
	steps := jsontree.Array()
	for _, step := range inner.Get("steps").Items() {
		turned := jsontree.Object()
		for _, m := range step.Members() {
			key := m.Key
			if key == "properties" {
				key = "Properties"
			}
			turned.Set(key, m.Value)
		}
		steps.Append(turned)
	}
	turned := jsontree.Object()
	for _, m := range inner.Members() {
		if m.Key == "steps" {
			turned.Set("Steps", steps)
			continue
		}
		turned.Set(m.Key, m.Value)
	}
	return turned
}

// queryTemplates serves API reference 4.20: a search in names over the caller's own
// templates and those that others made public.
func queryTemplates(rq *request) (*answer, error) {
	items, total, err := rq.templatePage(rq.e.foundTemplates(rq.query("name"), rq.user.DomainID, rq.now), "page", "page_size")
	if err != nil {
		return nil, err
	}
	switch q := &rq.e.quirks; {
	case q.NullTemplates && total == 0:
		return rq.success(jsontree.Null())
	case q.BareTemplates:
		return rq.success(items)
	case q.NoTotal:
		return rq.success(obj("items", items))
	}
	return rq.success(obj("total_size", num(total), "items", items))
}

// templatePage cuts a page out of templates. The page numbers of 4.20 are texts
// and optional.
func (rq *request) templatePage(found []*template, pageKey, sizeKey string) (*jsontree.Value, int, error) {
	page, size := rq.e.quirks.templateBase(), 10
	for _, p := range []struct {
		key       string
		into      *int
		low, high int
	}{{pageKey, &page, 0, 1 << 31}, {sizeKey, &size, 1, wire.MaxPage}} {
		if text := rq.query(p.key); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < p.low || n > p.high {
				return nil, 0, invalid("%s must be a number from %d to %d.", p.key, p.low, p.high)
			}
			*p.into = n
		}
	}
	start, end := window(page, size, rq.e.quirks.templateBase(), len(found))
	items := jsontree.Array()
	for _, t := range found[start:end] {
		items.Append(rq.e.templateItem(t, rq.route.API))
	}
	return items, len(found), nil
}

func (e *Emulator) foundTemplates(search, account string, now time.Time) []*template {
	own := e.state.customTemplates(account)
	var found []*template
	for _, t := range append(own, e.publicTemplates(own, search, now)...) {
		if matchesName(t, search) {
			found = append(found, t)
		}
	}
	return found
}

// matchesName searches as the service does: for a part of the name, in any case.
func matchesName(t *template, search string) bool {
	return strings.Contains(strings.ToLower(t.Name), strings.ToLower(search))
}

// publicTemplates makes the templates of others. They are the same each time:
// noise is not state. One with the very name of a template of the caller's is an
// official one, others look like custom ones of another account.
func (e *Emulator) publicTemplates(own []*template, search string, now time.Time) []*template {
	list := make([]*template, 0, e.quirks.PublicTemplates)
	tools := []string{"maven", "npm", "gradle", "docker", "cmake", "go"}
	step := obj("module_id", str("devcloud2018.codeci_action_20017.action"), "name", str("Run Shell Commands"),
		"properties", obj("command", str("echo public")), "enable", jsontree.Bool(true))
	for i := range e.quirks.PublicTemplates {
		name, scope := fmt.Sprintf("%s-public-%03d", tools[i%len(tools)], i), "custom"
		if e.quirks.SimilarTemplates {
			name = similarName(own, search, i)
		}
		if slices.ContainsFunc(own, func(t *template) bool { return t.Name == name }) || i%2 == 0 {
			scope = "official"
		}
		list = append(list, publicTemplate(0xabcdef000000+i, name, scope, now, step.Clone()))
	}
	return list
}

// publicTemplate makes a template that belongs to somebody else.
func publicTemplate(id int, name, scope string, now time.Time, steps ...*jsontree.Value) *template {
	day := now.UTC().Truncate(24 * time.Hour)
	return &template{
		UUID: fmt.Sprintf("%032x", id), ID: fmt.Sprintf("%024x", id), Name: name, Scope: scope,
		UserID: "b7066bfb50194e36b472a61f088bbf72", User: "another-user", Domain: "another-account",
		Account: "65382450e8f64ac0870cd180d14e684b", Created: day,
		Body: obj("name", str(name), "description", str("public template"),
			"template", obj("steps", jsontree.Array(steps...)), "parameters", jsontree.Array()),
	}
}

// similarName makes names around those that the caller has or looks for, the
// very same one among them.
func similarName(own []*template, search string, i int) string {
	base := search
	if len(own) > 0 && (search == "" || i%2 == 0) {
		base = own[i%len(own)].Name
	}
	if base == "" {
		base = "template"
	}
	switch i % 4 {
	case 0:
		return base
	case 1:
		return base + "-copy"
	case 2:
		return strings.ToUpper(base)
	default:
		return fmt.Sprintf("%s-%d", base, i)
	}
}

// deleteTemplate serves API reference 4.22. Templates of others cannot be deleted.
func deleteTemplate(rq *request) (*answer, error) {
	t := rq.state().templates[rq.path("uuid")]
	if t == nil || t.Account != rq.user.DomainID {
		return nil, noTemplate(rq.path("uuid"))
	}
	rq.tx.dropTemplate(t.UUID)
	return rq.success(jsontree.Array(rq.e.writtenItem(t, rq.route.API)))
}
