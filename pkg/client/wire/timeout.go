package wire

import (
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// timeoutUnits is the number of seconds of a timeout's unit.
var timeoutUnits = map[string]int64{"second": 1, "minute": 60, "hour": 3600, "day": 86400}

// TimeoutHours returns a timeout in whole hours, the unit in which the service shows it; ok is false
// if it is none. 240 minutes are 4 hours.
func TimeoutHours(timeout *jsontree.Value) (hours int64, ok bool) {
	unit := timeoutUnits[strings.TrimSuffix(strings.ToLower(timeout.Str("unit")), "s")]
	limit, err := strconv.ParseInt(timeout.Get("limit").Text(), 10, 32)
	if err != nil || limit <= 0 || unit == 0 || limit*unit%3600 != 0 {
		return 0, false
	}
	return limit * unit / 3600, true
}
