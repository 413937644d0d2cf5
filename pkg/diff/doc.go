// Package diff decides what would have to be done for the live state to be what
// the definitions say.
//
// Compute takes three inputs, the definitions (head), the definitions that were
// applied last (base) and a Snapshot of the service, and returns a Plan. It
// first builds the desired body of each object, what is declared laid over what
// is live (overlay.go), since an update replaces everything; what is not
// declared can then not differ. Both bodies are brought into one canonical form
// by a list of rules (rules.go), their items are paired by what they are
// (align.go), and the values that still differ get a verdict each, by the base
// (compare.go). Rails look at the whole (rails.go).
//
// It promises:
//
//   - Applying a plan and planning again gives an empty plan.
//   - Members that no definition names go back as they came.
//   - A sensitive value is never in a plan, in a fingerprint or in the plan's id,
//     and one that was read is never sent.
//   - The same input gives the same plan; nothing outside the input is read.
package diff
