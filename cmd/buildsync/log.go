package main

import (
	"log/slog"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// logger writes to stderr: each request with --verbose; without it only longer
// waits and warnings, as sentences; with --quiet the warnings alone.
func (in *invocation) logger() (*slog.Logger, error) {
	format, err := in.oneOf("log-format", "text", "json")
	if err != nil {
		return nil, err
	}
	level := slog.LevelInfo
	switch {
	case in.on("verbose"):
		level = slog.LevelDebug
	case in.on("quiet"):
		level = slog.LevelWarn
	}
	switch options := (&slog.HandlerOptions{Level: level}); {
	case format == "json":
		return slog.New(slog.NewJSONHandler(in.logged, options)), nil
	case level == slog.LevelDebug:
		return slog.New(slog.NewTextHandler(in.logged, options)), nil
	}
	return slog.New(kit.Sentences{To: in.logged, Level: level}), nil
}
