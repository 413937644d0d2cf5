package apply

import (
	"context"
	"fmt"
	"iter"
	"os"
	"strings"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// doTemplate creates, replaces or deletes a published template. The API has no update for
// templates, so a change is a replacement: the new one is created and verified, then the old one is
// deleted by its uuid. After any failure one of the two exists.
func (r *run) doTemplate(ctx context.Context, index int) {
	change := &r.plan.Changes[index]
	s := r.begin(index, change.Actions[0])
	if s == nil {
		return
	}
	defer s.close()
	ctx = s.guard(ctx)
	switch s.action {
	case diff.ActionDelete:
		if _, ok := s.templateAsPlanned(ctx, s.result.ID, "deleted"); ok {
			s.deleteTemplate(ctx, s.result.ID)
		}
	case diff.ActionReplace:
		s.replaceTemplate(ctx, change.LiveTemplate.UUID)
	default:
		s.create(ctx, s.templateCreation(""))
	}
	if s.sends > 0 && s.result.ID != "" && s.action != diff.ActionDelete {
		r.noteCreated(s)
	}
}

// templateCreation returns the create protocol for a template. The one with the uuid old is being
// replaced and does not count.
func (s *step) templateCreation(old string) creation {
	api, name, body := s.run.api, s.change.Name, s.templateBody()
	return creation{
		replaces: old,
		post:     func(ctx context.Context) (string, error) { return api.CreateTemplate(ctx, body) },
		find: func(ctx context.Context) (found, error) {
			seen := found{complete: true, at: s.run.clock.Now()}
			search := name
			if s.sends > 0 {
				search = "" // a proof of absence needs other templates in the list
			}
			for t, err := range api.Templates(ctx, search) {
				switch {
				case err != nil:
					return found{}, err
				case t.UUID == old:
					seen.witness = old
				case t.Name == name && live.IsOwn(t):
					seen.ids = append(seen.ids, t.UUID)
				case seen.witness == "":
					seen.witness = t.UUID
				}
			}
			if search == "" && seen.witness == "" {
				seen.witness = s.officialWitness(ctx)
			}
			return seen, nil
		},
		differs: func(ctx context.Context, uuid string) ([]diff.Field, error) {
			item, err := s.findTemplate(ctx, uuid, "")
			if err != nil {
				return nil, err
			}
			if read := item.Str(wire.KeyName); read != name {
				return nil, fmt.Errorf("reading template %s: %w: it is called %q", uuid, client.ErrWrongObject, sanitize.Line(read, 200))
			}
			s.unshown = diff.UnshownMembers(item, body)
			return s.change.UnmetTemplate(item, body, s.run.opts.Modules), nil
		},
		// There is no read by uuid: the witness can only be seen in the listing that named it.
		confirms: func(ctx context.Context, witness string) bool {
			_, err := s.findTemplate(ctx, witness, "")
			return err == nil || s.officialWitness(ctx) == witness
		},
	}
}

// officialWitness returns a template of the vendor, for accounts with no other template. "" if none
// can be read: not every service has the route, and then there is no proof.
func (s *step) officialWitness(ctx context.Context) string {
	lists, ok := s.run.api.(interface {
		AllTemplates(ctx context.Context, name string) iter.Seq2[wire.Template, error]
	})
	if !ok {
		return ""
	}
	for t, err := range lists.AllTemplates(ctx, "") {
		if err == nil && !live.IsOwn(t) {
			return t.UUID
		}
	}
	return ""
}

// templateBody returns the plan's body, which keeps the members of a replaced template that the
// definition does not name.
func (s *step) templateBody() *jsontree.Value {
	if body := s.change.DesiredBody(); body != nil {
		return body
	}
	return s.change.WantTemplate.Body
}

// errTemplateGone means that no listing shows a template.
var errTemplateGone = fmt.Errorf("%w: no listing shows the template", client.ErrNotFound)

// findTemplate reads a template by its uuid, among those whose name contains search.
func (s *step) findTemplate(ctx context.Context, uuid, search string) (*jsontree.Value, error) {
	for t, err := range s.run.api.Templates(ctx, search) {
		if err != nil {
			return nil, err
		}
		if t.UUID == uuid {
			return t.Item, nil
		}
	}
	return nil, errTemplateGone
}

// replaceTemplate creates the new template beside the old one, then deletes the old one. If an
// earlier run was killed in between, it finds the new one and uses it.
func (s *step) replaceTemplate(ctx context.Context, old string) {
	if !s.oldAsPlanned(ctx, old) {
		return
	}
	creation := s.templateCreation(old)
	id, done := s.create(ctx, creation)
	if done {
		s.deleteOld(ctx, id, old)
		return
	}
	// An unclear refusal may be about the name. Deleting first on such a guess requires that the
	// user named a file for the old body.
	switch {
	case s.result.Outcome != Failed || !s.refused:
	case s.taken || s.run.opts.RescueFile != "":
		s.deleteThenCreate(ctx, old, creation)
	default:
		s.result.Next = remedy.RescueIfUnique
	}
}

// deleteThenCreate uses the other order, for a service that requires unique template names. For a
// moment neither exists, so the old body must be available: from the base's definitions, or in a
// file.
func (s *step) deleteThenCreate(ctx context.Context, old string, creation creation) {
	if s.run.opts.RescueFile != "" {
		if err := rescue(s.run.opts.RescueFile, s.change.LiveTemplate.Body); err != nil {
			s.end(Failed, "not replaced: %v", err)
			return
		}
	} else if s.run.plan.Base == nil || !s.change.BaseHoldsTemplate() {
		s.result.Next = remedy.ApplyRescuing
		s.end(Failed, "not replaced: the service wants unique names, so the old template would have to be deleted first, and nothing else holds its body")
		return
	}
	s.kept = string(diff.KeptTemplate(s.old).AppendJSON(nil))
	s.warnOfCopy(old)
	if !s.deleteTemplate(ctx, old) {
		return
	}
	creation.replaces = ""
	id, done := s.create(ctx, creation)
	if done {
		s.result.ID = id
		s.end(s.result.Outcome, "the service wants unique names: %s was deleted before %s was created%s", old, id, s.unconfirmed())
		return
	}
	s.run.warn("template %s: the old one, %s, was deleted, and the new one is not there: %s", s.change.Address, old, s.result.Message)
	if s.result.Outcome != Unknown {
		taken := ""
		if undeclared := s.undeclared(); undeclared != "" {
			taken = "; the next apply takes from this run's journal what no definition declares: " + undeclared
		}
		s.end(NotConverged, "the old template %s was deleted, and creating the new one failed: %s%s", old, s.result.Message, taken)
		if s.run.opts.RescueFile != "" {
			s.result.Next = remedy.Rescued(s.run.opts.RescueFile)
		}
	}
}

// warnOfCopy says before the delete of a template where the only copy of what no definition declares
// is until its replacement exists. If the process is killed in between, the log is all that a machine
// leaves whose disk is not kept.
func (s *step) warnOfCopy(old string) {
	undeclared := s.undeclared()
	if undeclared == "" || s.run.opts.Warn == nil {
		return
	}
	where := "nowhere else"
	switch {
	case s.run.opts.RescueFile != "":
		where = "in " + sanitize.Line(s.run.opts.RescueFile, 500)
	case s.run.opts.Journal != nil:
		where = "in " + sanitize.Line(s.run.opts.Journal.path, 500)
	}
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	s.run.opts.Warn(fmt.Sprintf("template %s: the service wants unique names, so %s is deleted before its replacement exists; if the run ends in between, what no definition declares is kept %s: %s",
		s.change.Address, old, where, undeclared))
}

// undeclared lists the values that the replacement takes from the old template, but of what looks
// like a secret only the place; "" if there are none.
func (s *step) undeclared() string {
	var values []string
	for _, f := range diff.TemplateDifferences(s.change.WantTemplate.Body, s.templateBody(), s.run.opts.Modules) {
		if !f.Sensitive && f.After != nil {
			values = append(values, sanitize.Line(f.Path, 200)+" "+unlessSecret(f.Path, f.After))
		}
	}
	return strings.Join(values, ", ")
}

// unlessSecret is valueText for a value that nobody declared and lint never saw.
func unlessSecret(path string, v *jsontree.Value) string {
	text, _ := v.AsString()
	name := path[strings.LastIndexByte(path, '.')+1:]
	if _, behind, found := strings.Cut(path, wire.KeyParameters+`["`); found {
		name, _, _ = strings.Cut(behind, `"]`) // the value is called defaultValue
	}
	whole := string(v.AppendJSON(nil))
	if secret.Redact(whole) != whole || len(secret.FindValue(name, text)) > 0 || text == "" && secret.IsSecretName(name) { // "": of an object
		return "(looks like a secret)"
	}
	return valueText(v)
}

// oldAsPlanned ends the action if the template to replace has changed since the plan.
func (s *step) oldAsPlanned(ctx context.Context, old string) bool {
	item, ok := s.templateAsPlanned(ctx, old, "replaced")
	if item != nil {
		s.old = item
		s.change = s.change.OntoTemplate(item, s.run.opts.Modules)
	}
	return ok
}

// templateAsPlanned reads a live template and ends the action if it has changed since the plan. One
// that no listing shows passes, because nothing of it can be lost. not is what is not done to it.
func (s *step) templateAsPlanned(ctx context.Context, uuid, not string) (item *jsontree.Value, ok bool) {
	item, err := s.findTemplate(ctx, uuid, s.change.Name)
	switch {
	case live.Gone(err):
		return nil, true
	case err != nil:
		s.noteRead(err)
		s.end(Failed, "not %s, because the template could not be read before: %s", not, describe(err))
		return nil, false
	case s.change.TemplateAsPlanned(item, s.run.opts.Modules):
		return item, true
	}
	s.result.Paths = diff.Paths(s.run.templateDifferences(item, s.change.LiveTemplate.Body))
	s.result.Next = remedy.Replan
	s.end(Conflict, "the template was changed after the plan was made; not %s", not)
	return nil, false
}

// unconfirmed is unseenText as the end of a message.
func (s *step) unconfirmed() string {
	if text := s.unseenText(); text != "" {
		return "; " + text
	}
	return ""
}

// deleteOld finishes a replacement.
func (s *step) deleteOld(ctx context.Context, id, old string) {
	outcome := s.result.Outcome
	s.deleteTemplate(ctx, old)
	s.result.ID = id
	switch s.result.Outcome {
	case Applied, AppliedConfirmed, AlreadyAbsent:
		if outcome == Unchanged {
			outcome = Applied
		}
		s.end(outcome, "replaced %s%s", old, s.unconfirmed())
	case Unknown:
		s.end(Unknown, "the new template %s is there; whether the old one, %s, was deleted is not known: %s", id, old, s.result.Message)
	default:
		s.end(NotConverged, "the new template %s is there, and the old one %s too: %s", id, old, s.result.Message)
	}
}

// deleteTemplate deletes a template by its uuid and verifies that it is gone.
func (s *step) deleteTemplate(ctx context.Context, uuid string) bool {
	return s.remove(ctx, removal{
		send: func(ctx context.Context) error { return s.run.api.DeleteTemplate(ctx, uuid) },
		gone: func(ctx context.Context) (bool, error) {
			_, err := s.findTemplate(ctx, uuid, s.change.Name)
			if live.Gone(err) {
				return true, nil
			}
			return false, err
		},
	})
}

// rescue writes a template's body to a file before the template is deleted: durable, readable only
// by the owner, never over another file.
func rescue(path string, body *jsontree.Value) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("keeping the old template: %w", err)
	}
	_, err = file.Write(body.Indented())
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("keeping the old template: %w", err)
	}
	return nil
}
