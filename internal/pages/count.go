package pages

import "fmt"

// Counted writes "1 finding", "2 findings".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
