package wire

import (
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// timeoutUnits is the number of seconds of a timeout's unit.
var timeoutUnits = map[string]int64{"second": 1, "minute": 60, "hour": 3600, "day": 86400}

// TimeoutSeconds returns the length of a timeout in seconds; ok is false if it is none.
func TimeoutSeconds(timeout *jsontree.Value) (seconds int64, ok bool) {
	unit := timeoutUnits[strings.TrimSuffix(strings.ToLower(timeout.Str("unit")), "s")]
	limit, err := strconv.ParseInt(timeout.Get("limit").Text(), 10, 32)
	return limit * unit, err == nil && limit >= 0 && unit > 0
}

// TimeoutHours returns a timeout in whole hours, the unit in which the service shows it; ok is false
// if it is none. 240 minutes are 4 hours.
func TimeoutHours(timeout *jsontree.Value) (hours int64, ok bool) {
	seconds, ok := TimeoutSeconds(timeout)
	if !ok || seconds == 0 || seconds%3600 != 0 {
		return 0, false
	}
	return seconds / 3600, true
}

// SpellTimeout moves a body's limit_time, as the service shows a timeout, to the member that an update
// takes; a timeout that is there wins.
func SpellTimeout(body *jsontree.Value) {
	limit := body.Get(KeyLimitTime)
	if limit == nil {
		return
	}
	if !limit.IsEmpty() && body.Get(KeyTimeout).IsEmpty() {
		body.Set(KeyTimeout, HoursTimeout(limit.Text()))
	}
	body.Delete(KeyLimitTime)
}

// HoursTimeout returns the timeout of a number of hours.
func HoursTimeout(hours string) *jsontree.Value {
	return jsontree.Object(
		jsontree.Member{Key: "limit", Value: jsontree.String(hours)}, jsontree.Member{Key: "unit", Value: jsontree.String("hour")})
}
