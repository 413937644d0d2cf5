// Package workspace opens a workspace's folder with everything that a plan needs: the compiled
// definitions, the Git revisions and the applied record, the journal of the last run, and the lock
// on this machine.
//
// A workspace that cannot be compared gives a [Refusal] with a [Remedy]; the caller words the
// advice about flags.
package workspace
