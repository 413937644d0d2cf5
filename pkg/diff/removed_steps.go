package diff

import (
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// forgetOthers removes, from the live steps that the update removes or gives
// another module, the properties that neither the catalogue knows nor the base
// declares. The service added them, so they go with the step, and they may be
// new at each read: a plan that named them would always be stale. Steps of a
// module that the catalogue does not know are left alone. bodies are copies of
// the live body.
func (c *comparison) forgetOthers(bodies ...*jsontree.Value) {
	base := c.base.Get(wire.KeySteps).Items()
	for h, step := range c.live.Get(wire.KeySteps).Items() {
		b, goes := c.replaced(h, step)
		if !goes {
			continue
		}
		var declared *jsontree.Value
		if b != none && b < len(base) {
			declared = base[b].Get(wire.KeyProperties)
		}
		var others []string
		known := false
		for _, m := range step.Get(wire.KeyProperties).Members() {
			if _, ok := propertyFacts(c.modules, step.Str(wire.KeyModuleID), m.Key); ok {
				known = true
			} else if declared.Get(m.Key) == nil {
				others = append(others, m.Key)
			}
		}
		if !known {
			continue
		}
		for _, body := range bodies {
			for _, key := range others {
				body.Get(wire.KeySteps).Items()[h].Get(wire.KeyProperties).Delete(key)
			}
		}
	}
}

// replaced reports whether the desired body lacks the live step with index h or
// has it with another module. base is the index of its step in the base, or none.
func (c *comparison) replaced(h int, step *jsontree.Value) (base int, replaced bool) {
	link := c.links[wire.KeySteps]
	if link == nil {
		link = &correspondence{}
	}
	for d, item := range c.desired.Get(wire.KeySteps).Items() {
		if link.partner(link.live, d) == h {
			return link.partner(link.base, d), item.Str(wire.KeyModuleID) != step.Str(wire.KeyModuleID)
		}
	}
	for b, partner := range link.baseLive {
		if partner == h {
			return b, true
		}
	}
	return none, true
}
