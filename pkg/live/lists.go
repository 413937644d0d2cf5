package live

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Project reads a project's job listing. A listing that could not be read, or
// not in full, has a Problem: what it lacks may well exist. Project fails only
// where every further call would.
func Project(ctx context.Context, api API, projectID string) (*diff.LiveProject, error) {
	project := &diff.LiveProject{ID: projectID}
	list, err := api.Listing(ctx, projectID)
	if end := ended(ctx, err); end != nil {
		return nil, end
	}
	if err != nil {
		project.Problem, project.ReadErr = sanitize.Message(err.Error()), err
		return project, nil
	}
	project.Complete, project.Problem, project.Doubted = list.Complete, list.Problem, list.Doubted
	for _, item := range list.Jobs {
		project.Jobs = append(project.Jobs, &diff.LiveJob{ProjectID: projectID, ID: item.ID, Name: item.JobName, Item: item})
	}
	slices.SortFunc(project.Jobs, func(a, b *diff.LiveJob) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return project, nil
}

// TemplateList is what is known of the caller's own templates.
type TemplateList struct {
	Templates []*diff.LiveTemplate // by name
	Problem   string               // why there may be others; "" where the list is complete
	ReadErr   error                // the list could not be read: Templates says nothing
}

// Templates reads the caller's own templates. It fails only where every further
// call would.
func Templates(ctx context.Context, api API) (TemplateList, error) {
	var list TemplateList
	for t, err := range api.Templates(ctx, "") {
		if end := ended(ctx, err); end != nil {
			return TemplateList{}, end
		}
		switch {
		case err != nil:
			list.Problem = sanitize.Message(err.Error())
			if !errors.As(err, new(*client.IncompleteError)) {
				list.ReadErr = err
			}
		case IsOwn(t):
			list.Templates = append(list.Templates, &diff.LiveTemplate{UUID: t.UUID, Name: t.Name, Body: t.Item})
		}
	}
	slices.SortFunc(list.Templates, func(a, b *diff.LiveTemplate) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.UUID, b.UUID))
	})
	return list, nil
}

// IsOwn reports whether a template may be the caller's: those of the vendor have
// another scope. The member public proves nothing, since it is true for all
// templates in the reference's examples (4.20, 4.21).
func IsOwn(t wire.Template) bool { return t.Scope == "" || t.Scope == wire.ScopeCustom }
