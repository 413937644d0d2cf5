package spec

import "fmt"

// checkRaw finds misspelt keys in steps and parameters in the API's form. Their schemas are open,
// because they may have members that no reference lists. A key close to a listed key, or to one of
// a parameter's friendly form, is still a mistake.
func checkRaw(file *File, out *report) {
	for i, job := range file.Jobs {
		checkRawOf(job, "jobs"+ItemSegment(job, i), out)
	}
	for i, family := range file.Families {
		for k, job := range items(family, "jobs") {
			checkRawOf(job, "families"+ItemSegment(family, i)+".jobs"+ItemSegment(job, k), out)
		}
	}
	for i, fragment := range file.Fragments {
		checkRawOf(fragment, "fragments"+ItemSegment(fragment, i), out)
	}
	for i, template := range file.Templates {
		checkRawOf(template, "templates"+ItemSegment(template, i), out)
	}
}

func checkRawOf(owner *Node, pointer string, out *report) {
	checkRawParameters(owner, pointer, out)
	steps := ofKind(owner.Get("steps"), SequenceNode)
	if steps == nil {
		return
	}
	listed := language().at(definitionsLocation + "#/$defs/rawStep")
	for i, step := range steps.Items {
		if step.Kind != MappingNode || step.Get("module_id") == nil {
			continue
		}
		for _, field := range step.Fields {
			key := field.Key.Text
			if listed.properties[key] != nil {
				continue
			}
			if hint := DidYouMean(key, listed.keys); hint != "" {
				out.add(Diagnostic{
					Rule: "unknown-key", Severity: Error, Range: field.Key.Range, Message: "unknown key " + quoted(key), Hint: hint,
					Pointer: fmt.Sprintf("%s.steps%s.%s", pointer, ItemSegment(step, i), key),
				})
			}
		}
	}
}

func checkRawParameters(owner *Node, pointer string, out *report) {
	parameters := ofKind(owner.Get("parameters"), SequenceNode)
	if parameters == nil {
		return
	}
	raw, friendly := language().at(definitionsLocation+"#/$defs/rawParameter"), language().at(definitionsLocation+"#/$defs/friendlyParameter")
	for i, parameter := range parameters.Items {
		if parameter.Get("params") == nil && parameter.Get("definition") == nil {
			continue
		}
		for _, field := range parameter.Fields {
			key := field.Key.Text
			if raw.properties[key] != nil {
				continue
			}
			hint := DidYouMean(key, raw.keys)
			if friendly.properties[key] != nil {
				hint = "beside definition and params it is a field: write it under params, with its name and value"
			}
			if hint != "" {
				out.add(Diagnostic{
					Rule: "unknown-key", Severity: Error, Range: field.Key.Range, Message: "unknown key " + quoted(key), Hint: hint,
					Pointer: fmt.Sprintf("%s.parameters%s.%s", pointer, ItemSegment(parameter, i), key),
				})
			}
		}
	}
}
