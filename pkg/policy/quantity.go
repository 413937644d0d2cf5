package policy

import (
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
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

// quantityOf reads the value of a hit; a timeout of the API is a limit and a unit.
func quantityOf(h *hit) (quantity, bool) {
	if h.value.Kind() != jsontree.KindObject {
		return parseQuantity(h.text())
	}
	seconds, ok := wire.TimeoutSeconds(h.value)
	return quantity{value: float64(seconds), duration: true}, ok
}
