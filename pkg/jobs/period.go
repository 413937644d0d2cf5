package jobs

import (
	"fmt"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// Period is some days; both ends are in it.
type Period struct{ From, To time.Time }

// ParsePeriod reads the first and the last day of a period, such as 2026-01-31. Without a last day
// it ends today, in the zone of the service; without a first day it is as long as the service allows.
func ParsePeriod(from, to string, now time.Time) (p Period, err error) {
	today := now.In(wire.ServiceZone)
	p.To = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	if to != "" {
		if p.To, err = day(remedy.LastDay, to); err != nil {
			return p, err
		}
	}
	p.From = p.To.AddDate(0, 0, -wire.HistoryDays)
	if from != "" {
		if p.From, err = day(remedy.FirstDay, from); err != nil {
			return p, err
		}
	}
	first, last := p.From.Format(wire.DateLayout), p.To.Format(wire.DateLayout)
	switch days := int(p.To.Sub(p.From).Hours() / 24); {
	case days < 0:
		return p, fmt.Errorf("%s %s is after %s %s", remedy.FirstDay, first, remedy.LastDay, last)
	case days > wire.HistoryDays:
		return p, fmt.Errorf("from %s to %s is %d days; the service answers for at most %d", first, last, days, wire.HistoryDays)
	}
	return p, nil
}

func day(which remedy.Remedy, text string) (time.Time, error) {
	t, err := time.Parse(wire.DateLayout, text)
	if err != nil {
		return t, fmt.Errorf("%s %q is not a day; write it as 2026-01-31", which, text)
	}
	return t, nil
}
