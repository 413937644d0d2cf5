// Package exporting writes what is live into a workspace, file by file: the
// names and places of the definitions, what exists already, and a report of what
// was done. pkg/export makes the definitions themselves.
package exporting
