package completion

// Flag as the last word asks for what could be before it.
const Flag = "--generate-bash-completion"

// The scripts hand the words to buildsync and take what it prints, one
// candidate a line, with a description after a tab.
const (
	bashCompletion = `# bash completion for buildsync: eval "$(buildsync completion bash)"
_buildsync() {
    local IFS=$'\n'
    local words=("${COMP_WORDS[@]:0:COMP_CWORD+1}")
    COMPREPLY=($("${words[@]}" ` + Flag + ` 2>/dev/null | cut -f1))
}
complete -o default -F _buildsync buildsync
`
	zshCompletion = `#compdef buildsync
# zsh completion for buildsync: eval "$(buildsync completion zsh)"
_buildsync() {
    local -a candidates
    candidates=("${(@f)$("${(@)words[1,CURRENT]}" ` + Flag + ` 2>/dev/null | sed -e 's/:/\\:/g' -e 's/\t/:/')}")
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
    set -l found ($words ` + Flag + ` 2>/dev/null)
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
    & $words[0] @($words | Select-Object -Skip 1) ` + Flag + ` | ForEach-Object {
        $name, $about = $_ -split "` + "`t" + `", 2
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $(if ($about) { $about } else { $name }))
    }
}
`
)

// Scripts are the scripts by shell.
func Scripts() map[string]string {
	return map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion, "powershell": powershellCompletion}
}
