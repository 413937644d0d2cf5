package cli

import "strings"

// unusable lists the global flags that choose a part of a workspace, for the commands that cannot
// work on this part. Such a command would act on more than was asked for. A command group is in
// the list with all its commands.
var unusable = []struct{ command, flag, why string }{
	{"init", "project", "init writes a new buildsync.yaml, in which --project names nothing; --project-id gives the id of its project, --alias the name"},
	{"init", "env", "init writes a new buildsync.yaml, in which --env names nothing; add environments to the file afterwards"},
	{"init", "var", "init writes a new buildsync.yaml, in which --var names nothing; add vars to the file afterwards"},
	{"lint", "project", "lint checks files, and --project chooses jobs; name the files or folders to check instead"},
	{"fmt", "project", "fmt formats files, and --project chooses jobs; name the files or folders to format instead"},
	{"explain", "project", "explain does not take --project; write the whole address instead, as in PROJECT/job/NAME"},
	{"doctor", "project", "doctor checks all projects of the workspace; leave out --project"},
	{"show", "project", "show prints a stored plan as it is; give --project to the plan command that stores it"},
	{"base show", "project", "base show prints the records of all projects; leave out --project"},
	{"base fetch", "project", "a record holds all projects; leave out --project"},
	{"base push", "project", "a record holds all projects; leave out --project"},
	{"template", "project", "templates belong to the caller, not to a project; leave out --project"},
	{"vendor", "project", "vendor copies templates, which belong to no project; leave out --project"},
	{"policy test", "project", "policy test runs the examples of the policies, which belong to no project; leave out --project"},
}

// refuseUnusable refuses a flag on the command line that the command cannot use. A variable of the
// environment is for all commands, and is not refused.
func (in *Invocation) refuseUnusable() error {
	_, command, _ := strings.Cut(in.Flags.Command.HelpName, " ")
	for _, row := range unusable {
		if (command == row.command || strings.HasPrefix(command, row.command+" ")) && in.Typed(row.flag) {
			return UsageError{Text: row.why}
		}
	}
	return nil
}
