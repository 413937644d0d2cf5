// Package export writes live jobs and templates as readable definitions.
//
// It promises that each definition compiles to the live body again, by the comparison of a plan.
// Each form is compiled before it is used, the friendliest first, and an object that no form can
// express is refused with the reason. Exceptions are what cannot be read back, the values of
// secrets, and what a code source's address already implies.
//
// The package reads through interfaces and returns texts; its caller opens files. Section numbers
// are those of the API Reference (2023-11-30).
package export
