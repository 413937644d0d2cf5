// Package linting runs lint over a workspace on disk: it groups the files that
// were named by their workspace, keeps a baseline and a cache, mends files, and
// finds what a commit or the named files cause. The rules are in pkg/lint.
package linting
