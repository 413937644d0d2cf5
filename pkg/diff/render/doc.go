// Package render shows a plan as text, JSON, Markdown and HTML.
//
// Each form is a pure function of the plan document: a plan that went through
// its JSON and back is shown the same to the byte. So whatever is shown is in
// the document; the differences between two scripts are worked out here from
// the values before and after.
//
// A plan holds text of files and of the service, and may have been tampered
// with on its way: every text passes pkg/sanitize for the sink it goes to. A
// change is never shown as two texts that look alike: blanks at the end of a
// line, tabs against blanks, characters that do not print and letters that look
// like others are made visible.
package render
