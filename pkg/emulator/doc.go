// Package emulator is the CodeArts Build API on loopback: every call of the API reference
// (4.1–4.26, 5.1–5.4) in both generations of routes, IAM's token call, and the state behind them.
//
// It is a product feature and a test bench. As a feature it lets a team plan and apply without an
// account: it checks requests as strictly as the reference does, answers with the service's codes
// and forms, and keeps its state in one file. As a bench it plays scripted faults, has the true
// state for tests to compare with, and records every call.
//
// Every unknown about the service is a switch in Quirks, never a constant; the four profiles of
// switches are Strict, Lenient, Hostile and Legacy.
//
// Nothing sleeps: builds, list lag and late commits are computed from the clock, which Options.Now
// replaces and Advance moves.
package emulator
