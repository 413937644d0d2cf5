// Package gitbase reads a workspace as it was at a Git commit, straight from
// the object store: the working tree is neither read nor changed.
//
// Git is run as a command with fixed arguments and a cleaned environment. No
// system or user configuration, hook, pager, file-system monitor, filter,
// external diff or transport takes part, so a hostile repository can give wrong
// definitions but cannot run anything. For the same reason no command here
// looks at the working tree. To see whether a file differs from its commit, its
// content is hashed.
package gitbase
