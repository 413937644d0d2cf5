package spec

import "fmt"

// checkRawSteps finds misspelt keys in steps that are written as the API has
// them. Such a step may hold members that no reference lists, so its schema is
// open; a key that is nearly one of those listed is a mistake all the same.
func checkRawSteps(file *File, out *report) {
	keys := language().byLocation[definitionsLocation+"#/$defs/rawStep"]
	for _, list := range []struct {
		kind  string
		nodes []*Node
	}{{"jobs", file.Jobs}, {"templates", file.Templates}} {
		for i, owner := range list.nodes {
			steps := ofKind(owner.Get("steps"), SequenceNode)
			if steps == nil {
				continue
			}
			for j, step := range steps.Items {
				if step.Kind != MappingNode || step.Get("module_id") == nil {
					continue
				}
				for _, field := range step.Fields {
					if keys.properties[field.Key.Text] != nil {
						continue
					}
					if hint := didYouMean(field.Key.Text, keys.keys); hint != "" {
						out.add(Diagnostic{
							Rule: "unknown-key", Severity: Error, Range: field.Key.Range, Hint: hint,
							Message: "unknown key " + quoted(field.Key.Text),
							Pointer: fmt.Sprintf("%s[%s].steps[%s].%s", list.kind, itemName(owner, i), itemName(step, j), field.Key.Text),
						})
					}
				}
			}
		}
	}
}
