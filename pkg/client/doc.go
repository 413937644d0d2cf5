// Package client speaks the CodeArts Build API: every call of the API reference
// (4.1–4.26 and the deprecated 5.1–5.4), the IAM token, and the IAM projects,
// over both generations of routes.
//
// # Outcomes
//
// Each call ends in one of four ways, and the error says in which
// (OutcomeOf): OK; Rejected, the service said no; NotSent, there is proof that
// nothing was processed; Unsure, everything else. Only a complete answer that is
// strictly parsed, carries no error in any of the shapes that the service uses,
// and names the object that the call must name, is OK.
//
// # Repeating
//
// A read is repeated on everything that passes, up to 5 attempts. A write with
// an absolute end state (update, delete, disable, recover, notifications, stop)
// is repeated up to 4 times, but only after proof that nothing was processed or
// after an answer that asks for fewer calls; looking first is the caller's
// business. What must not happen twice (create, run) is repeated only with
// that proof, and its requests travel on fresh connections without an
// idempotency key: the standard transport would replay a request that has one.
// The token request is sent up to 3 times. An answer that asks for fewer calls
// counts as no attempt: such a call is sent again until the service has refused
// every call of its kind for two and a half minutes.
//
// Waiting between attempts follows full jitter (0.5 s, for throttling 2 s,
// doubling, at most 20 s), or Retry-After where the service sends it and it does
// not exceed Config.MaxWait; a longer one fails at once with the time to come
// back. All calls share one rate that adapts to throttling and one budget of
// repeats, so that an outage ends a run soon.
//
// # Safety
//
// Redirects are never followed, cookies never kept, plain http is for loopback
// only, answers are bounded, and no error or log line holds a secret: the text
// of errors passes pkg/sanitize, and the client's own secrets and those of the
// request that failed are masked in it.
package client
