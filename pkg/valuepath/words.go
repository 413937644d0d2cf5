package valuepath

import (
	"slices"
	"strings"
)

// jobWords are the definitions' words for members of a job's body.
var jobWords = map[string]string{"name": "job_name", "on_commit": "build_if_code_updated"}

// parameterWords are the definitions' words for the fields of a parameter.
var parameterWords = map[string]string{
	"default": "defaultValue", "options": "limits", "deletable": "deletion", "predefined": "defaults", "static": "staticVar", "secret": "sensitiveVar",
}

// triggerWords are the definitions' words for the parameters of a timer.
var triggerWords = map[string]string{"cron": "spec", "timezone": "timeZoneId"}

// stepMembers are the members of a step in the API; all else that a definition
// says of a step is among its properties.
var stepMembers = []string{"module_id", "name", "version", "enable", "properties"}

// inBody turns a path in the definitions' words into one in the API's words, nil
// where it is one already.
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
		// They have no names of their own in the API: what lint calls them by stands for any.
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

// Words turns the names after an item into the definitions' words.
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
