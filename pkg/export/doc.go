// Package export writes live jobs and templates as definitions that a person
// would be glad to have written.
//
// Its promise is a law: what it writes compiles to the live body again, by the
// comparison that a plan makes. It is not kept by hope: each form is compiled
// before it is used, the friendliest first, and an object that no form can hold
// is refused with the reason. The law leaves out what nobody can read back, the
// values of secrets, and what a code source's own address says already.
//
// The package reads through interfaces and hands texts back; opening files is
// its caller's business. Section numbers are those of the API Reference
// (2023-11-30).
package export
