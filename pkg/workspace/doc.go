// Package workspace opens a workspace's folder with all that a plan of it needs:
// the compiled definitions, what Git and the record of earlier applies say about
// them, the journal of the last run, and the lock on this machine.
//
// What holds a comparison back is a [Refusal] with a [Remedy]; the words about
// flags are up to the caller.
package workspace
