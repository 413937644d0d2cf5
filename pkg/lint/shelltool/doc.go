// Package shelltool asks programs of this machine about shell scripts: bash, which
// settles what the linter's own parser cannot read, and shellcheck.
//
// No script is run. A program is started with fixed arguments, its input on a pipe
// or in a folder of its own, a cleaned environment, a time limit and a limit for
// what it writes. So a hostile script can give wrong findings and no more.
package shelltool
