package diff

// Object returns the address of what c belongs to: a job's notifications belong
// to the job.
func (c *Change) Object() string {
	if c.Kind == KindNotification && c.Want != nil {
		return c.Want.Address
	}
	return c.Address
}

// InStep reports whether a change without actions means that nothing has to be
// done, and not that nothing may be.
func (c *Change) InStep() bool {
	switch c.Verdict {
	case VerdictUnknown, VerdictCollision, VerdictConflict, VerdictRemoveEdited:
		return false
	}
	return true
}
