// Package gitbase reads a workspace as it was at a Git commit, straight from
// the object store: the work tree is neither touched nor trusted.
//
// Git is run as a command with fixed arguments and a cleaned environment. No
// system or user configuration, hook, pager, file-system monitor, filter,
// external diff or transport takes part, so a hostile repository can give
// wrong definitions but cannot run anything. That is also why no command here
// looks at the work tree: whether a file differs from its commit is found by
// hashing what was read.
package gitbase
