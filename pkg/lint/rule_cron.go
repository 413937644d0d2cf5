package lint

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/robfig/cron/v3"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
)

// triggers checks the timers of a job: five fields in range, at least one possible time, a known
// time zone.
func (p *pass) triggers(u *unit) {
	list := u.node.Get("triggers")
	if list == nil || list.Kind != spec.SequenceNode {
		return
	}
	for i, n := range list.Items {
		pointer := u.pointer + ".triggers" + spec.ItemSegment(n, i)
		expression, zone := n.Get("cron"), n.Get("timezone")
		if name := n.Str("name"); name != "" { // the API's own form
			if name != wire.TimerTrigger {
				p.report("cron", n.Get("name").Range, pointer+".name", "unknown trigger "+quoted(name), "only "+wire.TimerTrigger+" is known").Severity = spec.Warning
				continue
			}
			expression, zone = rawParameter(n, "spec"), rawParameter(n, "timeZoneId")
		}
		location := time.UTC
		for _, v := range u.values(zone) {
			in := p.timeZone(v, pointer)
			location = in.location
			if n.Get("timezone") == zone && in.hasSummerTime {
				p.report("cron", v.node.Range, pointer+".timezone", "the zone "+quoted(v.text)+" has summer time, and how the service keeps it is not public: isDST is sent as false, so the job may start an hour off in summer",
					"use a zone without summer time, such as UTC, or write the trigger in the API's own form").Severity = spec.Warning
			}
		}
		for _, v := range u.values(expression) {
			p.cron(v, location, pointer)
		}
	}
}

func rawParameter(n *spec.Node, name string) *spec.Node {
	if list := n.Get("parameters"); list != nil {
		for _, item := range list.Items {
			if item.Str("name") == name {
				return item.Get("value")
			}
		}
	}
	return nil
}

// zoneName matches names that can be in the time zone database, unlike a machine's own, such as
// Local.
var zoneName = pattern(`^(UTC|GMT|[A-Z][A-Za-z]+(/[A-Za-z0-9_+\-]+){1,2})$`)

// zones are common in the service's regions, for suggestions.
var zones = []string{
	"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Bangkok", "Asia/Jakarta", "Asia/Dubai", "Asia/Riyadh", "Asia/Tokyo", "Asia/Kolkata", "Europe/Dublin", "Europe/London",
	"Europe/Berlin", "Europe/Paris", "Europe/Madrid", "Europe/Istanbul", "Europe/Moscow", "America/Sao_Paulo", "America/Mexico_City", "America/Santiago", "America/New_York",
	"America/Los_Angeles", "Africa/Johannesburg", "Africa/Cairo", "Australia/Sydney", "UTC",
}

// sameZone maps other spellings of time zones to their names. CST is China's in this service's
// regions.
var sameZone = map[string]string{
	"CST": "Asia/Shanghai", "UTC+8": "Asia/Shanghai", "GMT+8": "Asia/Shanghai", "UTC+08:00": "Asia/Shanghai", "GMT+08:00": "Asia/Shanghai", "+08:00": "Asia/Shanghai",
	"BEIJING": "Asia/Shanghai", "ASIA/BEIJING": "Asia/Shanghai", "SHANGHAI": "Asia/Shanghai", "CET": "Europe/Berlin", "JST": "Asia/Tokyo", "Z": "UTC",
}

// nicknames are other crons' words for five fields.
var nicknames = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

// zoneTable caches the zones: a workspace has few.
type zoneTable map[string]timeZone

// timeZone is a time zone; location is nil if there is none of the name.
type timeZone struct {
	location      *time.Location
	hasSummerTime bool
}

// zone returns a zone by its name.
func (t zoneTable) zone(name string) timeZone {
	zone, known := t[name]
	if !known {
		if zoneName().MatchString(name) {
			zone.location, _ = time.LoadLocation(name)
		}
		zone.hasSummerTime = zone.location != nil && hasSummerTime(zone.location)
		t[name] = zone
	}
	return zone
}

// hasSummerTime reports whether a zone moves its clocks within a year.
func hasSummerTime(location *time.Location) bool {
	_, first := cronReference.In(location).Zone()
	for month := range 12 {
		if _, offset := cronReference.AddDate(0, month, 0).In(location).Zone(); offset != first {
			return true
		}
	}
	return false
}

func (p *pass) timeZone(v value, pointer string) timeZone {
	if zone := p.zones.zone(v.text); zone.location != nil {
		return zone
	}
	hint := "write a name of the time-zone database, such as Asia/Shanghai"
	if near := cmp.Or(spec.Nearest(v.text, zones), sameZone[strings.ToUpper(v.text)]); near != "" {
		hint = spec.Suggestion(near)
	}
	p.report("cron", v.node.Range, pointer+".timezone", "unknown time zone "+quoted(v.text), hint)
	return timeZone{location: time.UTC}
}

// cronReference is a fixed time for finding timers that never fire, so that findings do not depend
// on the day.
var cronReference = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// timerTable caches parsed expressions: most jobs share a few.
type timerTable map[string]timer

// timer is a parsed expression.
type timer struct {
	err   error
	never bool // it comes at no time
}

func (t timerTable) read(expression string) timer {
	found, known := t[expression]
	if !known {
		schedule, err := cron.ParseStandard(expression)
		found = timer{err, err == nil && schedule.Next(cronReference).IsZero()}
		t[expression] = found
	}
	return found
}

func (p *pass) cron(v value, location *time.Location, pointer string) {
	pointer += ".cron"
	fields := stretches(v.text, func(c byte) bool { return strings.IndexByte(" \t\r\n\f", c) < 0 })
	if p.hasQuestionMark(v, fields, pointer) {
		return
	}
	if strings.ContainsAny(v.text, "=@") { // the library panics on TZ= and takes @every
		hint := "write minute, hour, day, month and weekday; the zone goes to timezone"
		if fields := nicknames[strings.ToLower(v.text)]; fields != "" {
			hint = `write "` + fields + `"`
		}
		p.report("cron", v.node.Range, pointer, quoted(v.text)+" is not a cron expression of five fields", hint)
		return
	}
	if len(fields) != 5 {
		p.report("cron", v.node.Range, pointer, "a cron expression has five fields, "+quoted(v.text)+" has "+strconv.Itoa(len(fields)), "write minute, hour, day, month and weekday")
		return
	}
	if p.cronFields(v, fields, pointer) {
		return
	}
	text := v.text
	if weekday := v.text[fields[4][0]:fields[4][1]]; strings.Contains(weekday, "7") {
		text = v.text[:fields[4][0]] + sundayAsZero(weekday) // the library knows Sunday as 0 only
	}
	timer := p.timers.read(text)
	if timer.err != nil {
		p.report("cron", v.node.Range, pointer, quoted(v.text)+" is not a valid cron expression", "write minute, hour, day, month and weekday; a range goes from the smaller to the larger value")
		return
	}
	if timer.never {
		p.report("cron", v.node.Range, pointer, "the time "+quoted(v.text)+" never comes", "no year has such a day").Severity = spec.Warning
		return
	}
	if !p.opts.Now.IsZero() {
		p.report("cron", v.node.Range, pointer, nextRunsOf+location.String(), text).Severity = spec.Info
	}
}

// nextRunsOf begins the message of a finding with the next runs of a timer. They depend on the
// clock, so they are filled in when findings are shown; until then the hint is the expression.
const nextRunsOf = "the next runs in "

// withNextRuns fills in the next runs after now.
func withNextRuns(ds spec.Diagnostics, now time.Time) spec.Diagnostics {
	if now.IsZero() {
		return ds // there are none
	}
	kept := make(spec.Diagnostics, 0, len(ds))
	known := zoneTable{}
	for _, d := range ds {
		zone, open := strings.CutPrefix(d.Message, nextRunsOf)
		if d.Rule != "cron" || !open {
			kept = append(kept, d)
			continue
		}
		location := known.zone(zone).location
		schedule, err := cron.ParseStandard(d.Hint)
		if location == nil || err != nil {
			continue
		}
		var runs []string
		for next, i := schedule.Next(now.In(location)), 0; i < 3 && !next.IsZero(); next, i = schedule.Next(next), i+1 {
			runs = append(runs, next.Format("Mon 2006-01-02 15:04 MST"))
		}
		d.Message, d.Hint = "the next runs are "+strings.Join(runs, ", "), ""
		kept = append(kept, d)
	}
	return kept
}

// cronBounds are the fields of a cron expression and their ranges.
var cronBounds = []struct {
	name     string
	min, max int
}{{"minute", 0, 59}, {"hour", 0, 23}, {"day of the month", 1, 31}, {"month", 1, 12}, {"weekday", 0, 7}}

// cronFields reports the field that is out of range, and Jenkins' H, which the
// library would explain in its own terms.
func (p *pass) cronFields(v value, fields [][2]int, pointer string) bool {
	for i, field := range fields {
		text := v.text[field[0]:field[1]]
		at := func() spec.Range {
			if v.text == v.node.Text {
				return p.textRange(v.node, field[0], field[1])
			}
			return v.node.Range
		}
		bounds := cronBounds[i]
		if strings.HasPrefix(text, "H") || strings.Contains(text, "(") {
			p.report("cron", at(), pointer, "H is Jenkins' own and not known to the service", "write a number for the "+bounds.name)
			return true
		}
		if !isCronField(text, i) {
			p.report("cron", at(), pointer, quoted(text)+" is not a valid "+bounds.name, "write a number, * for each, a range such as 1-5, a list such as 1,3, or a step such as */5")
			return true
		}
		for _, number := range stretches(text, isDigit) {
			if number[0] > 0 && text[number[0]-1] == '/' {
				continue // a step
			}
			n, err := strconv.Atoi(text[number[0]:number[1]])
			if err != nil || n < bounds.min || n > bounds.max {
				p.report("cron", at(), pointer, "the "+bounds.name+" "+quoted(text)+" is out of range",
					"from "+strconv.Itoa(bounds.min)+" to "+strconv.Itoa(bounds.max))
				return true
			}
		}
	}
	return false
}

// cronItem matches one item of a list in a field: a value, a range or all, with or
// without a step. Months and weekdays have names.
var (
	cronItem      = pattern(`^(\*|\d+(-\d+)?)(/[1-9]\d*)?$`)
	cronNamedItem = pattern(`^(\*|(\d+|[A-Za-z]{3})(-(\d+|[A-Za-z]{3}))?)(/[1-9]\d*)?$`)
	cronNames     = []string{"", "", "", "jan feb mar apr may jun jul aug sep oct nov dec", "sun mon tue wed thu fri sat"}
	cronWord      = pattern(`[A-Za-z]+`)
)

// isAllDigits reports whether text is a number without a sign, as most items are.
func isAllDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// isCronField reports whether text is well formed as field i of an expression.
func isCronField(text string, i int) bool {
	item := cronItem()
	if cronNames[i] != "" {
		item = cronNamedItem()
	}
	for part := range strings.SplitSeq(text, ",") {
		if part != "*" && !isAllDigits(part) && !item.MatchString(part) {
			return false
		}
		for _, word := range cronWord().FindAllString(part, -1) {
			if !strings.Contains(cronNames[i], strings.ToLower(word)) {
				return false
			}
		}
	}
	return true
}

// hasQuestionMark reports a ?, which belongs to crons with a field for seconds.
func (p *pass) hasQuestionMark(v value, fields [][2]int, pointer string) bool {
	if len(fields) != 5 || !strings.Contains(v.text, "?") {
		return false
	}
	at := v.node.Range
	if i := strings.IndexByte(v.text, '?'); v.text == v.node.Text {
		at = p.textRange(v.node, i, i+1)
	}
	p.report("cron", at, pointer, "a cron expression of five fields has no ?", "write *: "+strings.ReplaceAll(v.text, "?", "*"))
	return true
}

// stretches returns the start and end of the longest runs of bytes for which belongs is true.
func stretches(text string, belongs func(byte) bool) [][2]int {
	var found [][2]int
	for i := 0; i < len(text); i++ {
		if !belongs(text[i]) {
			continue
		}
		start := i
		for i < len(text) && belongs(text[i]) {
			i++
		}
		found = append(found, [2]int{start, i})
	}
	return found
}

// sundayAsZero rewrites a weekday field so that Sunday is 0: only the number 7, alone or as the end
// of a range.
func sundayAsZero(field string) string {
	parts := strings.Split(field, ",")
	for i, part := range parts {
		body, every, stepped := strings.Cut(part, "/")
		from, to, ranged := strings.Cut(body, "-")
		switch {
		case !ranged && body == "7":
			body = "0"
		case ranged && from == "7":
			body = "0-" + strings.Replace(to, "7", "0", 1)
		case ranged && to == "7":
			body = from + "-6"
			if !stepped {
				body += ",0"
			}
		}
		parts[i] = body
		if stepped {
			parts[i] += "/" + every
		}
	}
	return strings.Join(parts, ",")
}
