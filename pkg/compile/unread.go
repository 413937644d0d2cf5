package compile

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Unread are the objects in files that no pattern of definitions matches, with their files.
type Unread struct {
	Jobs, Templates map[string]string // by name
}

// FindUnread finds the jobs and templates in files that no pattern of definitions matches: they
// were not removed, their file only fell out of the patterns. Jobs of matrices and families count
// if the unread files compile with what the workspace declares.
func FindUnread(tree spec.Tree, workspace *spec.Workspace, opts Options) Unread {
	unread := spec.UnreadDefinitions(tree, workspace)
	if len(unread) == 0 {
		return Unread{}
	}
	jobs, templates := map[string]string{}, map[string]string{}
	for _, file := range unread {
		for _, template := range file.Templates {
			if name := template.Str("name"); name != "" {
				templates[name] = file.Name
			}
		}
		for _, job := range file.Jobs {
			if name := job.Str("name"); name != "" {
				jobs[name] = file.Name
			}
		}
	}
	opts.Pack, opts.Keep, opts.Partly = false, false, true
	set := &spec.Set{Tree: tree, Workspace: workspace, Files: slices.Concat(sharedFiles(tree, workspace), unread)}
	result, _ := Compile(set, opts)
	for _, job := range result.Jobs {
		jobs[job.Name] = job.DefinedAt().File
	}
	return Unread{Jobs: jobs, Templates: templates}
}

// sharedFiles parses the workspace's files that declare templates, fragments or families, without
// their jobs.
func sharedFiles(tree spec.Tree, workspace *spec.Workspace) (files []*spec.File) {
	names, _ := spec.DefinitionFiles(tree, workspace)
	for _, name := range names {
		source, found := spec.ReadDefinitions(tree, name)
		if len(found) > 0 || !spec.MayDeclareShared(source) {
			continue
		}
		if file, _ := workspace.ParseDefinitions(name, source); file != nil && file.Shares() {
			alone := *file
			alone.Jobs, alone.Removed = nil, nil
			files = append(files, &alone)
		}
	}
	return files
}
