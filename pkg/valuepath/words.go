package valuepath

import (
	"slices"
	"strings"
)

// jobWords maps the definitions' words for members of a job's body to the API's.
var jobWords = map[string]string{"name": "job_name", "on_commit": "build_if_code_updated"}

// parameterWords maps the definitions' words for the fields of a parameter.
var parameterWords = map[string]string{
	"default": "defaultValue", "options": "limits", "deletable": "deletion", "predefined": "defaults", "static": "staticVar", "secret": "sensitiveVar",
}

// triggerWords maps the definitions' words for the parameters of a timer.
var triggerWords = map[string]string{"cron": "spec", "timezone": "timeZoneId"}

// stepMembers are the members of a step in the API. Everything else that a definition declares in a
// step is a property.
var stepMembers = []string{"module_id", "name", "version", "enable", "properties"}

// inBody translates a path from the definitions' words to the API's, nil if there is no difference.
func inBody(segments []segment) []segment {
	if len(segments) == 0 || segments[0].kind != named {
		return nil
	}
	if word, known := jobWords[segments[0].name]; known {
		return slices.Concat([]segment{{name: word}}, segments[1:])
	}
	if segments[0].name == "extra" && len(segments) > 1 {
		return segments[1:]
	}
	if len(segments) > 1 && segments[1].kind == named && (segments[0].name == "scms" || segments[0].name == "triggers") {
		// These items have no names in the API, so the name that lint uses matches any.
		any := slices.Concat(segments[:1], []segment{{kind: anyone}}, segments[2:])
		if words := inBody(any); words != nil {
			return words
		}
		return any
	}
	if len(segments) < 3 || segments[2].kind != named {
		return nil
	}
	field := segments[2].name
	switch segments[0].name {
	case "steps":
		return stepInBody(segments, field)
	case "parameters":
		if word, known := parameterWords[field]; known {
			return slices.Concat(segments[:2], []segment{{name: word}}, segments[3:])
		}
	case "triggers":
		if word, known := triggerWords[field]; known {
			return slices.Concat(segments[:2], []segment{{name: "parameters"}, {name: word}}, segments[3:])
		}
	}
	return nil
}

func stepInBody(segments []segment, field string) []segment {
	switch {
	case slices.Contains(stepMembers, field) || strings.Contains(field, "*"):
		return nil
	case field == "inputs":
		return slices.Concat(segments[:2], []segment{{name: "properties"}}, segments[3:])
	}
	return slices.Concat(segments[:2], []segment{{name: "properties"}}, segments[2:])
}

// Words translates the names after an item to the definitions' words.
func Words(list string, names []string) []string {
	if list == "parameters" {
		for word, api := range parameterWords {
			if api == names[0] {
				return append([]string{word}, names[1:]...)
			}
		}
	}
	return names
}
