// Package render shows a plan as text, JSON, Markdown and HTML.
//
// Each form is a pure function of the plan document: a plan that was stored as JSON and read again
// gives the same bytes. So the document contains everything that is shown; only differences between
// scripts are computed here.
//
// A plan has text from files and from the service, and may have been tampered with. All text passes
// through pkg/sanitize for its output format. Changes must be visible: blanks at the end of a line,
// tabs against blanks, characters that do not print and look-alike letters are marked.
package render
