// Package apply makes a plan from the live state, carries out an approved plan, and verifies the
// result. makeplan.go makes the plan; run.go carries it out, with create.go, update.go, state.go,
// notices.go, template.go and remove.go for each kind of write; verify.go and sweep.go check the
// result.
//
// It promises:
//
//   - Every write is verified. The object is read again and compared with what was sent; only then a result is "applied".
//   - A call whose answer was lost is looked up, never guessed. Writes with an absolute end state
//     (update, disable, recover, notification, delete) are repeated only after a read has shown
//     the old state. A create is sent once; a second time only with a proof of absence, see
//     create.go.
//   - An object that cannot be read is unknown, never absent. A failed or incomplete read never leads to a create or removal.
//   - A failure of one object does not stop the others. An error that makes every further call
//     pointless or dangerous (a refused key, a missing route, an answer about another job) stops
//     everything, and the rest is reported as skipped.
//   - Correctness needs no file. The journal makes a resumed run quicker and is an audit record; it can be deleted at any time.
//
// The package prints nothing and reads no flags, environment or terminal. Time is a Clock, so that
// tests need not wait.
package apply
