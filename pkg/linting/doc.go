// Package linting runs lint over workspaces on disk: it groups the named files by workspace, keeps
// a baseline and a cache, fixes files, and finds what a commit or the named files cause. The rules
// are in pkg/lint.
package linting
