// Package apply makes a plan from the live state, carries an approved plan out,
// and verifies what it did. makeplan.go makes the plan; run.go carries it out,
// with create.go, update.go, state.go, notices.go, template.go and remove.go
// for each kind of write; verify.go and sweep.go look at the result.
//
// It promises:
//
//   - Nothing is believed. After every write the object is read again and
//     compared with what was sent; a result says applied only after that.
//   - A call whose answer was lost is looked up, never guessed. Writes with an
//     absolute end state (update, disable, recover, notification, delete) are
//     repeated only after a read has shown the old state. A create is sent once;
//     a second time only with a proof of absence, see create.go.
//   - What cannot be read is unknown, never absent. Nothing is created or
//     removed on the strength of a failed or incomplete read.
//   - One object's failure does not stop another's. What makes every further
//     call pointless or dangerous (a refused key, a missing route, an answer
//     about another job) stops everything, and the rest is reported skipped.
//   - Correctness needs no file. The journal makes a resumed run quicker and is
//     an audit record; deleting it at any moment loses nothing else.
//
// The package prints nothing and reads no flags, environment or terminal. Time
// is a Clock, so that tests need not wait.
package apply
