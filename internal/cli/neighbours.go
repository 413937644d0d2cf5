package cli

import "slices"

// neighbourFlag is a flag of other tools, with its equivalent here. own is our flag; a command
// without it gives the other answer.
type neighbourFlag struct {
	names   []string
	own     string
	with    string // the answer of a command that has own
	without string // the answer of any other command; "" says nothing
}

var neighbourFlags = []neighbourFlag{
	{[]string{"target", "t"}, "only", "use --only GLOB to choose jobs", "plan, apply, drift and export choose jobs with --only GLOB"},
	{[]string{"auto-approve", "y", "yes", "assume-yes", "non-interactive", "no-input"}, "yes", "use --yes", "this command asks nothing; apply has --yes"},
	{[]string{"input"}, "yes", "without a terminal nothing is asked; use --yes", "this command asks nothing"},
	{[]string{"chdir", "cwd", "directory", "working-dir"}, "dir", "use -C DIR, or --dir DIR", "use -C DIR, or --dir DIR"},
	{[]string{"dry-run", "dryrun", "what-if", "noop", "n"}, "check", "use --check", "buildsync plan shows what apply would do, and writes nothing"},
	{[]string{"o", "output"}, "out", "use --format FORMAT, or --out FILE", "use --format FORMAT"},
	{[]string{"e", "environment", "stage"}, "env", "use --env NAME", "use --env NAME"},
	{[]string{"w", "write", "i", "in-place", "inplace"}, "diff", "files are rewritten in place; --check and --diff leave them as they are", ""},
	{[]string{"r", "recursive", "all"}, "diff", "every definition file of the workspace is read, at any depth", ""},
	{[]string{"w"}, "watch", "use --watch", ""},
	{[]string{"watch", "w"}, "follow", "use --follow, or --wait", ""},
	{[]string{"w", "workspace"}, "env", "use --env NAME for an environment, or -C DIR for a folder", "use --env NAME for an environment, or -C DIR for a folder"},
	{[]string{"f", "file", "filename"}, "only", "all definitions of the workspace are read; --only GLOB chooses jobs", "use -C DIR to name the workspace"},
	{[]string{"p"}, "project", "use --project P", "use --project P"},
	{[]string{"r"}, "region", "use --region R", "use --region R"},
	{[]string{"j", "jobs", "parallel", "concurrency", "workers", "threads"}, "parallelism", "use --parallelism N", "use --parallelism N"},
	{[]string{"refresh", "refresh-only"}, "offline", "the live state is read each time; plan --offline does without it, and drift asks only what was edited outside", "the live state is read each time; plan --offline does without it, and drift asks only what was edited outside"},
	{[]string{"var-file"}, "var", "use --var NAME=VALUE for each variable", "use --var NAME=VALUE for each variable"},
	{[]string{"debug", "trace", "d"}, "verbose", "use --verbose", "use --verbose"},
	{[]string{"silent", "s"}, "quiet", "use --quiet", "use --quiet"},
	{[]string{"destroy"}, "only", "remove the definition; policy.on_remove says what then happens to the job", ""},
	{[]string{"enable", "disable", "rules", "extend-ignore"}, "fail-on", "rules are set under lint: in buildsync.yaml; buildsync explain RULE says more", ""},
	{[]string{"no-lock", "lock-timeout"}, "yes", "a second apply is refused while the first one runs", ""},
	{[]string{"watch"}, "detailed-exitcode", "run the plan again: it reads the live state each time", ""},
	{[]string{"watch"}, "", "", "run the command again: the state is read each time"},
	{[]string{"limit", "l", "last", "max", "per-page"}, "format", "all of them are read; pipe the result into head", ""},
	{[]string{"jq", "q", "template", "query"}, "format", "pipe --format json into jq", ""},
	{[]string{"web"}, "format", "the address of a job in the console is published nowhere; buildsync job show names the ids that it holds", ""},
	{[]string{"tail", "n"}, "follow", "pipe the log into tail", ""},
	{[]string{"compact-warnings", "no-warnings"}, "quiet", "use --quiet", "use --quiet"},
	{[]string{"replace"}, "rescue", "a changed template is replaced by itself", ""},
	{[]string{"backend", "state", "state-out", "lock"}, "base", "there is no state file: Git holds the definitions, and --base names the commit of the last apply", ""},
}

// neighbourAnswer returns the answer to a flag of another tool, "" if it is unknown. top is true
// before a command's name, where the command's flags are not known yet.
func neighbourAnswer(name string, known []string, top bool) string {
	for _, f := range neighbourFlags {
		switch {
		case !slices.Contains(f.names, name):
		case slices.Contains(known, f.own) || top && f.own != "check" && f.own != "diff":
			return f.with
		case f.without != "":
			return f.without
		}
	}
	return ""
}
