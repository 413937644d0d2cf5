package vendored

import (
	"context"
	"fmt"

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Verify reads sources again at the commits of the lock. It reports copies that differ from the
// source, and commits that were never in the history of the source's ref. The lock alone cannot
// show this: who changes a copy can also change the lock.
func Verify(ctx context.Context, tree spec.Tree, w *spec.Workspace, sources []spec.Source) (spec.Diagnostics, error) {
	if found := spec.CheckVendored(tree, w); len(found) > 0 {
		return found, nil
	}
	lock, _ := spec.ReadLock(tree)
	var found spec.Diagnostics
	for _, source := range sources {
		more, err := verify(ctx, tree, source, lock.Sources[source.Name])
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

func verify(ctx context.Context, tree spec.Tree, source spec.Source, locked spec.Locked) (spec.Diagnostics, error) {
	remote, err := gitbase.OpenSource(ctx, source)
	if err != nil {
		return nil, err
	}
	defer remote.Close()
	commit, full, err := resolve(ctx, remote, source)
	if err != nil {
		return nil, err
	}
	if commit != locked.Commit {
		switch named, err := gitbase.WasNamed(ctx, source, full, locked.Commit); {
		case err != nil:
			return nil, err
		case !named:
			return spec.Diagnostics{difference(source, locked.At,
				string(remedy.VendorNewest(source.Name)),
				"the lock holds the commit %.12s of the source %q, which is not in the history of %s", locked.Commit, source.Name, source.Ref)}, nil
		}
	}
	files, err := fetchCommit(ctx, remote, source, locked.Commit, "")
	if err != nil {
		return nil, err
	}
	var found spec.Diagnostics
	for _, name := range differences(Standing(tree, source), files.Files) {
		full := source.Folder() + "/" + name
		at := spec.Pos{File: full, Line: 1, Column: 1}
		what := "%q is not what the source %q holds at %.12s; the lock was changed with it"
		where := spec.Range{Start: at, End: at}
		if _, standing := Standing(tree, source)[name]; !standing {
			where, what = locked.At, "%q is missing, which the source %q holds at %.12s; the lock was changed with it"
		}
		found = append(found, difference(source, where, string(remedy.VendorBack), what, full, source.Name, locked.Commit))
	}
	return found, nil
}

func difference(source spec.Source, at spec.Range, hint, format string, args ...any) spec.Diagnostic {
	return spec.Diagnostic{Rule: spec.VendorRule, Severity: spec.Error, Range: at, Message: fmt.Sprintf(format, args...), Hint: hint, Pointer: "sources." + source.Name}
}
