// Package emulator is the CodeArts Build API on loopback: every call of the API
// reference (4.1–4.26, 5.1–5.4) in both generations of routes, IAM's token
// call, and the state after them.
//
// It is a product feature and a test bench. As a feature it lets a team plan and
// apply for real without an account: it checks requests as strictly as the
// reference does, answers with the service's codes and shapes, and keeps its
// state in one file. As a bench it plays faults that are scripted beforehand,
// holds the truth that a test compares with, and records every call.
//
// What is not publicly known about the service is never a constant here but a
// switch of Quirks; the four profiles of switches are Strict, Lenient, Hostile
// and Legacy.
//
// Nothing sleeps: builds, list lag and late commits are functions of the clock,
// which Options.Now replaces and Advance moves.
package emulator
