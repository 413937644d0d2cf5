package apply

import "runtime/debug"

// Crash is a panic of a worker, brought to the goroutine that waits for the
// workers. Left where it happened it would end the process at once: with the
// value that it holds, which may be a secret, with the exit code of another
// outcome, and with the other workers' writes cut off.
type Crash struct {
	value any
	stack []byte
}

// Error tells no values.
func (c *Crash) Error() string { return "internal error" }

// Unwrap returns what the worker panicked with, if that is an error.
func (c *Crash) Unwrap() error {
	err, _ := c.value.(error)
	return err
}

// Stack returns the worker's stack, as debug.Stack writes it.
func (c *Crash) Stack() []byte { return c.stack }

// caught calls do and returns its panic as a *Crash.
func caught(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &Crash{value, debug.Stack()}
		}
	}()
	return do()
}
