package export

import "github.com/buildsync/buildsync/internal/crash"

// Crash is a panic for one object: a bug that must not stop the others.
type Crash = crash.Crash
