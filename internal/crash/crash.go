// Package crash carries a worker's panic to the goroutine that waits for it.
//
// Otherwise a panic would end the process at once: it would print its value, which may be a secret,
// exit with the code of another outcome, and cut off the writes of other workers.
package crash

import "runtime/debug"

// Crash is a panic that Caught turned into an error.
type Crash struct {
	value any
	stack []byte
}

// Error does not show the value of the panic, which may contain a secret.
func (c *Crash) Error() string {
	return "internal error: this is a bug in buildsync; please report it with the lines that --verbose shows"
}

// Unwrap returns the value of the panic if it is an error.
func (c *Crash) Unwrap() error {
	err, _ := c.value.(error)
	return err
}

// Stack returns the stack of the panic, as debug.Stack writes it.
func (c *Crash) Stack() []byte { return c.stack }

// Caught calls do and returns its panic as a *Crash.
func Caught(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &Crash{value, debug.Stack()}
		}
	}()
	return do()
}
