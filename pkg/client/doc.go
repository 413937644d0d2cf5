// Package client calls the CodeArts Build API: every call of the API reference (4.1–4.26 and the
// deprecated 5.1–5.4), the IAM token and the IAM projects, over both generations of routes.
//
// # Outcomes
//
// Each call has one of four outcomes (OutcomeOf): OK; Rejected, the service refused; NotSent, there
// is proof that nothing was processed; Unsure, everything else. An answer is OK only if it is
// complete, parses strictly, has no error in any form that the service uses, and names the object
// that the call must name.
//
// # Repeating
//
// A read is repeated after every passing fault, up to 5 attempts. A write with an absolute end
// state (update, delete, disable, recover, notifications, stop) is repeated up to 4 times, but only
// after proof that nothing was processed or after a throttled answer; the caller must look first. A
// call that must not happen twice (create, run) is repeated only with that proof. Its requests use
// fresh connections and no idempotency key, because the standard transport would replay a request
// that has one. The token request is sent up to 3 times. A throttled answer does not count as an
// attempt: the call is sent again until the service has refused every call of its kind for two and
// a half minutes.
//
// Waits between attempts use full jitter (0.5 s, for throttling 2 s, doubling, at most 20 s), or
// Retry-After if the service sends it. If that exceeds Config.MaxWait, the call fails at once and
// says when to come back. All calls share one rate that adapts to throttling, and one budget of
// repeats, so that an outage ends a run soon.
//
// # Safety
//
// Redirects are never followed, cookies never kept, plain http works only with loopback, and
// answers are bounded. No error or log line contains a secret: the text of errors passes
// pkg/sanitize, with the secrets of the client and of the failed request masked.
package client
