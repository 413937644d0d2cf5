// Package screen writes what people see of a run: tables that fit a terminal,
// progress, the log of a build, and the report of an apply. What may be secret
// is hidden on the way.
package screen
