package cli

import (
	"fmt"
	"slices"
)

// neighbourCommand is a command of other tools (Terraform, gh, kubectl), with its equivalent here.
type neighbourCommand struct {
	group  string // "" stands for the program itself
	names  []string
	ours   string // a command of ours, as it is typed after buildsync
	answer string // in place of ours, where no one command does the same
}

var neighbourCommands = []neighbourCommand{
	{names: []string{"validate", "check", "verify", "test", "tflint", "inspect"}, ours: "lint"},
	{names: []string{"format"}, ours: "fmt"},
	{names: []string{"build-config", "render", "template-render", "synth", "config"}, ours: "compile"},
	{names: []string{"diff", "preview", "status", "dry-run", "what-if"}, ours: "plan"},
	{names: []string{"sync", "deploy", "up", "update", "upsert", "create", "push"}, ours: "apply"},
	{names: []string{"dump", "pull", "clone", "download"}, ours: "export"},
	{names: []string{"refresh", "detect"}, ours: "drift"},
	{names: []string{"serve", "server", "start", "mock"}, ours: "emulator"},
	{names: []string{"console", "repl", "eval", "search", "find", "grep"}, ours: "query"},
	{names: []string{"edit", "patch", "sed"}, ours: "set"},
	{names: []string{"generate", "new", "scaffold"}, ours: "init"},
	{names: []string{"convert", "migrate"}, ours: "import"},
	{names: []string{"providers", "plugins", "actions", "steps"}, ours: "modules list"},
	{names: []string{"describe", "get"}, ours: "job show"},
	{names: []string{"ls", "list"}, ours: "job list"},
	{names: []string{"run", "trigger", "dispatch", "build"}, ours: "job run"},
	{names: []string{"stop", "cancel", "abort"}, ours: "job stop"},
	{names: []string{"logs", "log", "tail"}, ours: "job logs"},
	{names: []string{"history", "runs", "builds"}, ours: "job history"},
	{names: []string{"enable"}, ours: "job enable"},
	{names: []string{"disable"}, ours: "job disable"},
	{names: []string{"artifacts", "artifact"}, ours: "job artifacts"},
	{names: []string{"login", "logout", "auth", "configure", "whoami"}, answer: `credentials come from the environment or a profile; "buildsync doctor" checks them`},
	{names: []string{"state", "show-state", "outputs", "output"}, answer: `there is no state file: "buildsync base show" names what was applied, "buildsync query" what is defined`},
	{names: []string{"destroy", "down", "delete", "rm", "remove", "uninstall"}, answer: `remove the definition and apply; policy.on_remove says what then happens to the job ("buildsync job delete" deletes one by hand)`},
	{names: []string{"taint", "untaint", "replace"}, answer: "nothing needs a mark: each plan reads the live state, and apply writes what differs"},
	{names: []string{"mv", "move", "rename"}, answer: `give the definition its new name and list the old one under renamed_from; "buildsync set" edits many`},
	{names: []string{"unlock", "force-unlock", "lock"}, answer: "the lock of an apply is freed when that ends, however it ends"},
	{names: []string{"rollback", "revert", "undo"}, answer: "git revert the commit, and apply"},
	{names: []string{"workspace", "workspaces", "env", "stack", "stacks", "context"}, answer: "--env NAME chooses an environment of buildsync.yaml, and -C DIR another workspace"},
	{names: []string{"ci", "actions-init", "hook", "hooks", "pre-commit"}, answer: `"buildsync init --ci NAME" writes a pipeline, and init the pre-commit hooks`},
	{names: []string{"upgrade", "self-update"}, answer: "install the archive of a newer release"},
	{names: []string{"api", "curl"}, answer: `"buildsync job" has the calls of the API; "buildsync help job" lists them`},
	{names: []string{"man", "docs"}, ours: "help"},

	{group: "job", names: []string{"ls", "all"}, ours: "job list"},
	{group: "job", names: []string{"get", "view", "describe", "cat", "info"}, ours: "job show"},
	{group: "job", names: []string{"start", "trigger", "build", "rerun", "retry", "dispatch"}, ours: "job run"},
	{group: "job", names: []string{"cancel", "abort", "kill"}, ours: "job stop"},
	{group: "job", names: []string{"log", "tail", "output"}, ours: "job logs"},
	{group: "job", names: []string{"builds", "runs"}, ours: "job history"},
	{group: "job", names: []string{"download", "artifact"}, ours: "job artifacts"},
	{group: "job", names: []string{"rm", "remove", "destroy", "del"}, ours: "job delete"},
	{group: "job", names: []string{"on", "resume", "unpause"}, ours: "job enable"},
	{group: "job", names: []string{"off", "pause", "suspend"}, ours: "job disable"},
	{group: "job", names: []string{"watch", "wait", "follow"}, answer: `"buildsync job run --wait" waits for a build, and "job logs --follow" prints it while it runs`},
	{group: "job", names: []string{"create", "add", "new", "update", "edit", "apply"}, answer: `write a definition and apply it; "buildsync init" writes a first one`},
	{group: "job", names: []string{"export", "dump"}, ours: "export"},
	{group: "job", names: []string{"rename", "mv"}, answer: "give the definition its new name and list the old one under renamed_from"},

	{group: "template", names: []string{"ls"}, ours: "template list"},
	{group: "template", names: []string{"get", "view", "describe"}, ours: "template show"},
	{group: "template", names: []string{"rm", "remove", "destroy"}, ours: "template delete"},
	{group: "template", names: []string{"create", "add", "new", "update", "edit"}, answer: "declare it under templates: with publish: true, and apply"},
	{group: "notice", names: []string{"get", "view", "ls", "list"}, ours: "notice show"},
	{group: "notice", names: []string{"set", "update", "edit"}, answer: "declare notifications: in the definition, and apply"},
	{group: "modules", names: []string{"ls"}, ours: "modules list"},
	{group: "modules", names: []string{"get", "view", "describe"}, ours: "modules show"},
	{group: "modules", names: []string{"learn", "import", "update"}, ours: "modules harvest"},
	{group: "keystore", names: []string{"get", "fetch"}, ours: "keystore download"},
	{group: "base", names: []string{"get", "view", "list", "ls", "status"}, ours: "base show"},
	{group: "base", names: []string{"pull", "sync"}, ours: "base fetch"},
	{group: "base", names: []string{"upload", "share"}, ours: "base push"},
}

// NeighbourCommand returns the answer to a command of another tool, "" if it is unknown. group is
// the command before it, "" for the program.
func NeighbourCommand(group, word string) string {
	for _, c := range neighbourCommands {
		switch {
		case c.group != group || !slices.Contains(c.names, word):
		case c.answer != "":
			return c.answer
		default:
			return fmt.Sprintf("did you mean %q?", c.ours)
		}
	}
	return ""
}

// NeighbourTargets lists our commands that the answers name.
func NeighbourTargets() []string {
	var out []string
	for _, c := range neighbourCommands {
		if c.ours != "" {
			out = append(out, c.ours)
		}
	}
	return out
}
