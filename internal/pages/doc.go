// Package pages makes the documents that commands print, as JSON and for people: compiled bodies,
// values and their origins, lint rules, live jobs and builds, and the applied record.
package pages
