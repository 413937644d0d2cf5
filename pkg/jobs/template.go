package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// Templates reads the templates whose name holds part; own leaves a route out
// that lists official ones only. With an *client.IncompleteError there may be
// others.
func (f *Finder) Templates(ctx context.Context, part string, own bool) ([]wire.Template, error) {
	list := f.API.AllTemplates
	if own {
		list = f.API.Templates
	}
	all, err := live.TemplateRows(ctx, list, part)
	if errors.Is(err, client.ErrRouteMissing) && !own {
		err = fmt.Errorf("%w; %s", err, remedy.OwnTemplates)
	}
	return all, err
}

// Template finds a template by its uuid or its name. own leaves the official
// ones out.
func (f *Finder) Template(ctx context.Context, word string, own bool) (wire.Template, error) {
	part := word
	if objectID().MatchString(word) {
		part = ""
	}
	is := func(t wire.Template) bool { return t.Name == word || t.UUID == word }
	templates, err := f.Templates(ctx, part, true)
	if !own && err == nil && !slices.ContainsFunc(templates, is) { // official ones only if the caller's do not have it
		templates, err = f.Templates(ctx, part, false)
	}
	if err == nil && part != "" && !slices.ContainsFunc(templates, func(t wire.Template) bool { return t.Name == word }) {
		templates, err = f.Templates(ctx, "", own) // for the nearest name
	}
	var incomplete *client.IncompleteError
	if err != nil && !errors.As(err, &incomplete) {
		return wire.Template{}, err
	}
	var found []wire.Template
	var names, uuids []string
	for _, t := range templates {
		if own && !live.IsOwn(t) && t.UUID != word {
			continue
		}
		names = append(names, t.Name)
		if is(t) {
			found = append(found, t)
			uuids = append(uuids, t.UUID)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return wire.Template{}, wrongInput("%d templates are called %q; give the uuid of one: %s", len(found), word, strings.Join(uuids, ", "))
	}
	problem := ""
	if incomplete != nil {
		problem = incomplete.Problem
	}
	return wire.Template{}, absent(fmt.Sprintf("there is no template %q", word), word, names, problem)
}

// NoticeType finds a type of notification among those of a job: the set is open,
// and the service may accept an unknown word without an effect.
func NoticeType(job Ref, notices []wire.Notice, word string) (string, error) {
	var kinds []string
	for _, notice := range notices {
		if strings.EqualFold(notice.NoticeType, word) {
			return notice.NoticeType, nil
		}
		kinds = append(kinds, notice.NoticeType)
	}
	return "", wrongInput("%s has no notification of the type %q%s", job, word, nearOrAll(word, kinds, "it has: "))
}
