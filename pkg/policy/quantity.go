package policy

import (
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// quantity is a number, or a duration in seconds.
type quantity struct {
	value    float64
	duration bool
}

// kind returns the kind of q, with its article.
func (q quantity) kind() string {
	if q.duration {
		return "a duration"
	}
	return "a number"
}

// parseQuantity reads a number, or a duration such as 4h, 1h30m and 2d.
func parseQuantity(text string) (quantity, bool) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return quantity{value: n}, n-n == 0
	}
	days := 0.0
	if before, after, found := strings.Cut(text, "d"); found {
		n, err := strconv.ParseFloat(before, 64)
		if err != nil {
			return quantity{}, false
		}
		if days, text = n*24*3600, after; text == "" {
			return quantity{value: days, duration: true}, days-days == 0
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return quantity{}, false
	}
	return quantity{value: days + d.Seconds(), duration: true}, true
}

// units are the service's words for the unit of a timeout, in seconds.
var units = map[string]float64{"second": 1, "minute": 60, "hour": 3600, "day": 24 * 3600}

// quantityOf reads the value of a hit; a timeout of the API is a limit and a unit.
func quantityOf(h *hit) (quantity, bool) {
	if h.value.Kind() != jsontree.KindObject {
		return parseQuantity(h.text())
	}
	unit, known := units[strings.TrimSuffix(strings.ToLower(h.value.Str("unit")), "s")]
	n, err := strconv.ParseFloat(h.value.Str("limit"), 64)
	return quantity{value: n * unit, duration: true}, known && err == nil
}
