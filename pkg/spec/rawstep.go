package spec

import "fmt"

// checkRawSteps finds misspelt keys in steps that are written as the API has
// them. Such a step may hold members that no reference lists, so its schema is
// open; a key that is nearly one of those listed is a mistake all the same.
func checkRawSteps(file *File, out *report) {
	for i, job := range file.Jobs {
		checkRawStepsOf(job, "jobs"+ItemSegment(job, i), out)
	}
	for i, family := range file.Families {
		for k, job := range items(family, "jobs") {
			checkRawStepsOf(job, "families"+ItemSegment(family, i)+".jobs"+ItemSegment(job, k), out)
		}
	}
	for i, fragment := range file.Fragments {
		checkRawStepsOf(fragment, "fragments"+ItemSegment(fragment, i), out)
	}
	for i, template := range file.Templates {
		checkRawStepsOf(template, "templates"+ItemSegment(template, i), out)
	}
}

func checkRawStepsOf(owner *Node, pointer string, out *report) {
	steps := ofKind(owner.Get("steps"), SequenceNode)
	if steps == nil {
		return
	}
	listed := language().byLocation[definitionsLocation+"#/$defs/rawStep"]
	for i, step := range steps.Items {
		if step.Kind != MappingNode || step.Get("module_id") == nil {
			continue
		}
		for _, field := range step.Fields {
			key := field.Key.Text
			if listed.properties[key] != nil {
				continue
			}
			if hint := didYouMean(key, listed.keys); hint != "" {
				out.add(Diagnostic{
					Rule: "unknown-key", Severity: Error, Range: field.Key.Range, Message: "unknown key " + quoted(key), Hint: hint,
					Pointer: fmt.Sprintf("%s.steps%s.%s", pointer, ItemSegment(step, i), key),
				})
			}
		}
	}
}
