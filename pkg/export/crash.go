package export

import "runtime/debug"

// Crash is a panic over one object: a bug, which must not cost the others. It
// tells no values, because a broken invariant may hold a secret.
type Crash struct{ stack []byte }

// Error says what to do.
func (c *Crash) Error() string {
	return "a bug in buildsync came in the way; please report it with the lines that --verbose shows"
}

// Stack returns the stack of the panic, as debug.Stack writes it.
func (c *Crash) Stack() []byte { return c.stack }

// caught calls do and returns its panic as a *Crash.
func caught(do func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = &Crash{debug.Stack()}
		}
	}()
	return do()
}
