package live

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Listing reads a project's job listing in the service's order. If the reading was ended from
// outside, the error is its cause.
func Listing(ctx context.Context, api ListAPI, projectID string) (wire.JobList, error) {
	list, err := api.Listing(ctx, projectID)
	if end := ended(ctx, err); end != nil {
		return wire.JobList{}, end
	}
	return list, err
}

// Project reads a project's job listing, by name. A listing that could not be read, or only in part, has a
// Problem: jobs that it lacks may exist. Project fails only on errors that concern every call.
func Project(ctx context.Context, api ListAPI, projectID string) (*diff.LiveProject, error) {
	project := &diff.LiveProject{ID: projectID}
	list, err := Listing(ctx, api, projectID)
	if err != nil && (ctx.Err() != nil || client.EndsRun(err)) {
		return nil, err
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

// TemplateList is the known part of the caller's own templates.
type TemplateList struct {
	Templates []*diff.LiveTemplate // by name
	Problem   string               // why there may be others; "" if the list is complete
	ReadErr   error                // the list could not be read, and Templates is empty
}

// Templates reads the caller's own templates. It fails only on errors that concern every call.
func Templates(ctx context.Context, api API) (TemplateList, error) {
	var list TemplateList
	rows, err := TemplateRows(ctx, api.Templates, "")
	switch {
	case err != nil && (ctx.Err() != nil || client.EndsRun(err)):
		return TemplateList{}, err
	case err != nil:
		list.Problem = sanitize.Message(err.Error())
		if !errors.As(err, new(*client.IncompleteError)) {
			list.ReadErr = err
		}
	}
	for _, t := range rows {
		if IsOwn(t) {
			list.Templates = append(list.Templates, &diff.LiveTemplate{UUID: t.UUID, Name: t.Name, Body: t.Item})
		}
	}
	slices.SortFunc(list.Templates, func(a, b *diff.LiveTemplate) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.UUID, b.UUID))
	})
	return list, nil
}

// TemplateRows collects the templates of a list of the client whose names hold part. With an
// *client.IncompleteError there may be others; with any other error the list was not read to its
// end. If the reading was ended from outside, the error is its cause.
func TemplateRows(ctx context.Context, list func(context.Context, string) iter.Seq2[wire.Template, error], part string) (rows []wire.Template, err error) {
	for row, err := range list(ctx, part) {
		if end := ended(ctx, err); end != nil {
			return nil, end
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Notices reads the notifications of a job. If the reading was ended from outside, the error is its
// cause.
func Notices(ctx context.Context, api JobAPI, id string) ([]wire.Notice, error) {
	rows, err := api.Notices(ctx, id)
	if end := ended(ctx, err); end != nil {
		return nil, end
	}
	return rows, err
}

// IsOwn reports whether a template may be the caller's: those of the vendor have another scope. The
// member public does not help, since it is true for all templates in the reference's examples
// (4.20, 4.21).
func IsOwn(t wire.Template) bool { return t.Scope == "" || t.Scope == wire.ScopeCustom }
