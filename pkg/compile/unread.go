package compile

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// UnreadJobs returns the names of the jobs that files define which no pattern of
// definitions matches, each with its file: a job whose file merely fell out of the
// patterns was not removed. Those of matrices and families are among them, as far
// as the unread files compile beside what the workspace declares.
func UnreadJobs(tree spec.Tree, workspace *spec.Workspace, opts Options) map[string]string {
	unread := spec.UnreadDefinitions(tree, workspace)
	if len(unread) == 0 {
		return nil
	}
	jobs := map[string]string{}
	for _, file := range unread {
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
	return jobs
}

// sharedFiles parses the files of a workspace that declare templates, fragments or
// families, without their jobs.
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
