package sanitize

import "strconv"

// Counted returns a number with its noun: "1 finding", "2 findings".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
