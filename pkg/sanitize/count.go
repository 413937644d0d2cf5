package sanitize

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Counted returns a number with its noun: "1 finding", "2 findings", "2 policies".
func Counted(n int, noun string) string {
	if stem, ok := strings.CutSuffix(noun, "y"); ok && n != 1 {
		return strconv.Itoa(n) + " " + stem + "ies"
	}
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Some lists the first of many names, and the number of the others: "a, b and 3 more".
func Some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// ShortCommit returns a commit's id as plans show it, which is as git does. Messages show twelve digits.
func ShortCommit(id string) string { return id[:min(len(id), 7)] }

// Count is a number with what it counts.
type Count struct {
	N    int
	What string
}

// Counts joins the counts that are not zero: "3 written, 1 not exported".
func Counts(counts ...Count) string {
	var parts []string
	for _, c := range counts {
		if c.N > 0 {
			parts = append(parts, strconv.Itoa(c.N)+" "+c.What)
		}
	}
	return strings.Join(parts, ", ")
}

// Lasted returns a duration in the form that commands and pages share: with tenths of a second
// below a minute.
func Lasted(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
