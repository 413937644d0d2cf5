// Package diff compares what is defined with what is live and makes a plan.
//
// Compute takes three inputs: the definitions (head), the definitions that were
// applied last (base), and a Snapshot of the service. A job goes this way:
//
//  1. identify.go finds the live job of a definition: by id, name, former name.
//  2. overlay.go lays the declared values over the live body. That is the desired
//     body: an update replaces a job, so it must keep what is not declared.
//  3. rules.go brings live, desired and base bodies into one canonical form; the
//     rules themselves are in normalize_*.go.
//  4. pairing.go pairs the items of lists: steps, parameters, sources, triggers.
//  5. values.go flattens each body into values by path.
//  6. compare.go makes a Field of each value that differs, and gives it a
//     Verdict by the base: change, drift or conflict.
//  7. jobs.go turns the fields into a Change with its actions; removals.go,
//     templates.go and notices.go do so for other objects.
//  8. rails.go refuses plans that must not be applied; plan.go is what comes out.
//
// Apply asks recheck.go right before and after a write whether the plan still
// holds.
//
// The package promises:
//
//   - Applying a plan and planning again gives an empty plan.
//   - Members that no definition names go back as they came.
//   - No sensitive value is in a plan, in a fingerprint or in the plan's id, and
//     one that was read is never sent.
//   - The same input gives the same plan; nothing outside the input is read.
package diff
