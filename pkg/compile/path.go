package compile

import (
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// StepPath returns the path of the nth step called name, counted from 1 among
// the steps of that name. Package valuepath has the grammar of paths.
func StepPath(name string, nth int) string { return "steps" + valuepath.Name(name, nth) }

// ParameterPath returns the path of the build parameter called name.
func ParameterPath(name string) string { return "parameters" + valuepath.Name(name, 1) }

// LimitsPath returns the path of the choices that a parameter's field has: beside the default value's own
// ones, every field can have some.
func LimitsPath(parameter, field string) string {
	if field == wire.ParamDefaultValue {
		return parameter + valuepath.Member(wire.KeyLimits)
	}
	return parameter + valuepath.Member(field) + valuepath.Member(wire.KeyLimits)
}

// ScmPath returns the path of the i-th code source, from 0.
func ScmPath(i int) string { return "scms" + valuepath.Index(i) }

// TriggerPath returns the path of the i-th trigger, from 0.
func TriggerPath(i int) string { return "triggers" + valuepath.Index(i) }

// NoticePath returns the path of a notification channel.
func NoticePath(channel string) string { return "notifications" + valuepath.Name(channel, 1) }
