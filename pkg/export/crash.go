package export

import "github.com/buildsync/buildsync/internal/crash"

// Crash is a panic over one object: a bug, which must not cost the others.
type Crash = crash.Crash
