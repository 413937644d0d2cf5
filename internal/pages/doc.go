// Package pages makes the documents that commands print, as JSON and for people:
// compiled bodies, values and the way that they came, lint rules, live jobs and
// their builds, and the record of what was applied.
package pages
