// Package screen prints what people see of a run: tables that fit the terminal, progress, the log
// of a build, and the report of an apply. It hides possible secrets.
package screen
