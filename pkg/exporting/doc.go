// Package exporting writes live jobs into a workspace, file by file: it chooses names and places,
// updates existing definitions, and reports what was done. pkg/export makes the definitions
// themselves.
package exporting
