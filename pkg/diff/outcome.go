package diff

// outcome is what comparing one object, or one kind of them, leads to. A plan is
// made of outcomes in a fixed order, whatever the order they came about in.
type outcome struct {
	changes   []Change
	refusals  []Refusal
	drifted   []string // addresses
	removed   []string // what the plan disables and deletes, for the rails
	unchanged int      // objects that no change is listed for
}

func (o *outcome) refuse(rule, address, message string) {
	o.refusals = append(o.refusals, Refusal{Rule: rule, Address: address, Message: message})
}

// add takes over what another outcome holds but for its changes, which it
// returns.
func (o *outcome) add(other *outcome) []Change {
	o.refusals = append(o.refusals, other.refusals...)
	o.drifted = append(o.drifted, other.drifted...)
	o.removed = append(o.removed, other.removed...)
	o.unchanged += other.unchanged
	return other.changes
}

// task is one comparison that waits until a live job has been read, or until it
// is certain that it will not be.
type task struct {
	outcome
	do   func(*outcome)
	done bool
}

func (t *task) run() {
	if !t.done {
		t.done = true
		t.do(&t.outcome)
	}
}

// when makes a task that is done when live has been read; nil: in the end.
// found is what is known of it already.
func (p *Planner) when(live *LiveJob, found outcome, do func(*outcome)) *task {
	t := &task{outcome: found, do: do}
	if live != nil {
		p.waiting[live] = append(p.waiting[live], t)
	}
	return t
}
