package apply

import "github.com/buildsync/buildsync/internal/crash"

// Crash is a worker's panic, raised again in the goroutine that waits for the workers.
type Crash = crash.Crash
