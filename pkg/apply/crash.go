package apply

import "github.com/buildsync/buildsync/internal/crash"

// Crash is a panic of a worker, brought to the goroutine that waits for the
// workers.
type Crash = crash.Crash
