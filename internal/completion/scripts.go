package completion

// Flag as the last word asks for what could be before it.
const Flag = "--generate-bash-completion"

// The scripts hand the words to buildsync and take what it prints, one
// candidate a line, with a description after a tab.
const (
	// bash splits words at "=" and ":", and replaces only what is after the last of them.
	bashCompletion = `# bash completion for buildsync: eval "$(buildsync completion bash)"
_buildsync() {
    local word words=() joined=
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ ${#words[@]} -gt 1 && ( -n $joined || $word == [=:] ) ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        joined=
        [[ $word == [=:] ]] && joined=yes
    done
    local typed=${words[${#words[@]}-1]} before=
    [[ $typed == *[=:]* ]] && before=${typed%"${typed##*[=:]}"}
    COMPREPLY=()
    while read -r word; do
        COMPREPLY+=("${word#"$before"}")
    done < <("${words[@]}" ` + Flag + ` 2>/dev/null | cut -f1)
}
complete -o default -F _buildsync buildsync
`
	// zsh runs the script as the function itself where it found it as a file of $fpath.
	zshCompletion = `#compdef buildsync
# zsh completion for buildsync: eval "$(buildsync completion zsh)"
_buildsync() {
    local line
    local -a candidates
    for line in "${(@f)$("${(@)words[1,CURRENT]}" ` + Flag + ` 2>/dev/null)}"; do
        [[ -z $line ]] || candidates+=("${${line//:/\\:}/$'\t'/:}")
    done
    if (( $#candidates )); then
        _describe 'buildsync' candidates
    else
        _files
    fi
}
if [[ $funcstack[1] == _buildsync ]]; then
    _buildsync
else
    compdef _buildsync buildsync
fi
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
    # Before PowerShell 7.3 an empty argument is left out, and '""' is passed on as one.
    $passing = Get-Variable -Name PSNativeCommandArgumentPassing -ValueOnly -ErrorAction Ignore
    if ($word -eq '') { $words += $(if ($passing -in 'Standard', 'Windows') { '' } else { '""' }) }
    & $words[0] @($words | Select-Object -Skip 1) ` + Flag + ` | ForEach-Object {
        $name, $about = $_ -split "` + "`t" + `", 2
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $(if ($about) { $about } else { $name }))
    }
}
`
)

// Shells returns the names of the shells that have a script.
func Shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// Script returns the script of one of Shells, "" for another name.
func Script(shell string) string {
	switch shell {
	case "bash":
		return bashCompletion
	case "zsh":
		return zshCompletion
	case "fish":
		return fishCompletion
	case "powershell":
		return powershellCompletion
	}
	return ""
}
