package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
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
    $words ` + completionFlag + ` 2>/dev/null
end
complete -c buildsync -a '(__buildsync_complete)'
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
		args, err := in.args(1)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return usageError{text: "completion needs the name of a shell: " + strings.Join(shells, ", ")}
		}
		script, ok := scripts[args[0]]
		if !ok {
			return unknownWord("shell", args[0], shells)
		}
		_, err = fmt.Fprint(p.stdout, script)
		return err
	})
}

// completionRequest takes a request for completion apart: the words between
// the program's name and the completion flag.
func completionRequest(args []string) (words []string, ok bool) {
	if len(args) < 2 || args[len(args)-1] != completionFlag {
		return nil, false
	}
	return args[1 : len(args)-1], true
}

// complete prints what could stand in the place of the last word: nothing where
// that is a flag's value or an argument, for which a shell offers files.
func (p *program) complete(words []string) {
	app, last := p.app(), ""
	if len(words) > 0 {
		last, words = words[len(words)-1], words[:len(words)-1]
	}
	line := readLine(app, append([]string{app.Name}, words...))
	switch {
	case line.open || line.ended:
	case strings.HasPrefix(last, "-"):
		p.completeFlags(line.known, last)
	default:
		for _, c := range line.commands {
			if strings.HasPrefix(c.Name, last) && !c.Hidden {
				_, _ = fmt.Fprintf(p.stdout, "%s\t%s\n", c.Name, c.Usage)
			}
		}
	}
}

func (p *program) completeFlags(flags []cli.Flag, typed string) {
	for _, flag := range flags {
		name := "--" + flag.Names()[0]
		if !strings.HasPrefix(name, typed) {
			continue
		}
		usage := ""
		if documented, ok := flag.(cli.DocGenerationFlag); ok {
			_, usage = flagUsage(documented)
		}
		_, _ = fmt.Fprintf(p.stdout, "%s\t%s\n", name, usage)
	}
}
