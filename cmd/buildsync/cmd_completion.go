package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// completionFlag as the last word asks for what could stand before it.
const completionFlag = "--generate-bash-completion"

// The scripts hand the words to buildsync and take what it prints, one
// candidate a line, with a description behind a tab.
const (
	bashCompletion = `# bash completion for buildsync: eval "$(buildsync completion bash)"
_buildsync() {
    local IFS=$'\n'
    local words=("${COMP_WORDS[@]:0:COMP_CWORD+1}")
    COMPREPLY=($("${words[@]}" ` + completionFlag + ` 2>/dev/null | cut -f1))
}
complete -o default -F _buildsync buildsync
`
	zshCompletion = `#compdef buildsync
# zsh completion for buildsync: eval "$(buildsync completion zsh)"
_buildsync() {
    local -a candidates
    candidates=("${(@f)$("${(@)words[1,CURRENT]}" ` + completionFlag + ` 2>/dev/null | sed -e 's/:/\\:/g' -e 's/\t/:/')}")
    if [[ -n "${candidates[1]}" ]]; then
        _describe 'buildsync' candidates
    else
        _files
    fi
}
compdef _buildsync buildsync
`
	fishCompletion = `# fish completion for buildsync: buildsync completion fish | source
function __buildsync_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words ` + completionFlag + ` 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c buildsync -f -a '(__buildsync_complete)'
`
	powershellCompletion = `# PowerShell completion for buildsync: buildsync completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName buildsync -ScriptBlock {
    param($word, $ast, $cursor)
    $words = @($ast.CommandElements | ForEach-Object { $_.ToString() })
    if ($word -eq '') { $words += '' }
    & $words[0] @($words | Select-Object -Skip 1) ` + completionFlag + ` | ForEach-Object {
        $name, $about = $_ -split "` + "`t" + `", 2
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $(if ($about) { $about } else { $name }))
    }
}
`
)

func (p *program) completionCommand() *cli.Command {
	scripts := map[string]string{
		"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion, "powershell": powershellCompletion,
	}
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return p.command(&cli.Command{
		Name:      "completion",
		Usage:     "print a shell's script for completion",
		ArgsUsage: "bash|zsh|fish|powershell",
		Description: about(`Prints the script for one shell. The line that loads it goes into the shell's start file:

   ~/.bashrc                  eval "$(buildsync completion bash)"
   ~/.zshrc, after compinit   eval "$(buildsync completion zsh)"
   ~/.config/fish/config.fish buildsync completion fish | source
   $PROFILE of PowerShell     buildsync completion powershell | Out-String | iex

Exit codes: 0 done; 3 invalid input.`,
			`eval "$(buildsync completion bash)"`),
	}, func(in *invocation) error {
		args, err := in.Args(1)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return kit.UsageError{Text: "completion needs the name of a shell: " + strings.Join(shells, ", ")}
		}
		script, ok := scripts[args[0]]
		if !ok {
			return kit.UnknownWord("shell", args[0], shells)
		}
		_, err = fmt.Fprint(p.Stdout, script)
		return err
	})
}
