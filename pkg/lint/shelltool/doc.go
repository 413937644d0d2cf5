// Package shelltool runs bash and shellcheck of this machine to check shell scripts: bash decides
// about scripts that the linter's own parser cannot read.
//
// No script is run. A program is started with fixed arguments, input from a pipe or a private
// folder, a cleaned environment, a time limit and an output limit. So the worst effect of a hostile
// script is a wrong finding.
package shelltool
