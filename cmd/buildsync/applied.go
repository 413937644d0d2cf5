package main

import (
	"context"
	"errors"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// recordScope returns the scope of the applied record for the service in the flags.
func (in *invocation) recordScope(w *workspace.Workspace) (record.Scope, error) {
	s := record.Scope{Environment: in.global.env}
	endpoint := in.global.endpoint
	if endpoint == endpointEmulator {
		s.Endpoint, s.Private = endpointEmulator, true
		return s, nil
	}
	region := w.Set.Workspace.Region
	if named := in.global.region; named != "" {
		region = named
	}
	var err error
	s.Endpoint, err = buildEndpoint(endpoint, region)
	return s, err
}

// comparison returns what a workspace is compared with by the flags of the command.
func (in *invocation) comparison(w *workspace.Workspace, base string) workspace.Comparison {
	scope, err := in.recordScope(w)
	if err != nil {
		scope.Endpoint = "" // connecting says what is missing
	}
	return workspace.Comparison{
		Base: base, Scope: scope,
		Broken: func(commit string, found spec.Diagnostics, tree spec.Tree) error {
			in.Printf("buildsync: the base, commit %.12s, does not compile:\n", commit)
			return in.reportAt(found, tree)
		},
		Empty: func(commit string) {
			in.Warn("the base, commit %.12s, has no definition file, so nothing counts as applied at it; check definitions: in its buildsync.yaml", commit)
		},
		Unread: func(commit, folder string) {
			in.Warn("at the base, commit %.12s, %s is a Git submodule, and buildsync reads the commits of one repository: "+
				"definitions in it count as not applied; choose a later base, or --base none", commit, folder)
		},
	}
}

// noBaseYet explains what a plan without a record cannot see.
func noBaseYet(scope record.Scope) string {
	text := "there is no base yet"
	if scope.Endpoint != "" {
		text += " for " + scope.String()
	}
	text += ": removals and drift are not seen"
	if scope.Private {
		return text + " before the first apply"
	}
	return text + "; run buildsync base fetch to get the record of other clones"
}

// remembers starts the recording of a run, or returns nil and prints why there is none.
func (in *invocation) remembers(ctx context.Context, p *planning, smoke bool) *workspace.Recording {
	m, err := p.w.Remember(ctx, p.revisions, workspace.Applying{
		Plan: p.plan, Scope: p.scope, Smoke: smoke, Adopt: p.adopt, Version: kit.Version(),
	})
	switch {
	case errors.Is(err, workspace.ErrNotCommitted):
		in.Note("%v, so this apply is not recorded", err)
	case err != nil:
		in.Warn("this apply is not recorded: %v%s", err, adviceOn(err))
	}
	return m
}

// endRecord records what was applied and prints a line about it.
func (in *invocation) endRecord(ctx context.Context, m *workspace.Recording, report *apply.Report) {
	stored, err := m.End(ctx, report)
	switch {
	case err != nil:
		in.Warn("this apply is not recorded: %v%s", err, adviceOn(err))
	case m.About.Plan.HasChanges() || len(stored.Except) > 0:
		in.Note("%s", pages.RecordText(stored))
	}
}
