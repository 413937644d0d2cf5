package compile

import (
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/schemas"
)

// TestJobNameOfTheSchema compares the pattern that editors use with wire.IsJobName; with the tag long
// for every character. If a new Go knows more Chinese characters, the failure shows the new class.
func TestJobNameOfTheSchema(t *testing.T) {
	t.Parallel()
	var document struct {
		Defs map[string]struct {
			Pattern  string
			Expected string `json:"x-expected"`
		} `json:"$defs"`
	}
	source, err := schemas.Files.ReadFile("definitions.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(source, &document); err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(document.Defs["jobName"].Pattern)
	if form := document.Defs["jobName"].Expected; form != wire.JobNameForm || !strings.HasPrefix(form, fmt.Sprintf("1 to %d ", wire.MaxJobName)) {
		t.Errorf("the schema expects %q, the compiler %q", form, wire.JobNameForm)
	}
	differ := 0
	for c := range lettersToCompare() {
		if name := string(c); pattern.MatchString(name) != wire.IsJobName(name) {
			differ++
		}
	}
	if differ > 0 {
		t.Errorf("schema and compiler differ on %d characters; the class is [A-Za-z0-9_%s-]", differ, hanClass())
	}
	for _, name := range []string{"", strings.Repeat("𠮷", 115), strings.Repeat("𠮷", 116), "吉野家-build", "𠮷野家"} {
		if pattern.MatchString(name) != wire.IsJobName(name) {
			t.Errorf("schema and compiler differ on %q", name)
		}
	}
}

// hanClass lists the Chinese characters as a regular expression's class that Go
// and ECMAScript read alike: neither knows the other's name for them.
func hanClass() string {
	var class strings.Builder
	write := func(low, high, stride uint32) {
		if stride == 1 {
			class.WriteString(jsonEscape(rune(low)) + "-" + jsonEscape(rune(high)))
			return
		}
		for c := low; c <= high; c += stride {
			class.WriteString(jsonEscape(rune(c)))
		}
	}
	for _, r := range unicode.Han.R16 {
		write(uint32(r.Lo), uint32(r.Hi), uint32(r.Stride))
	}
	for _, r := range unicode.Han.R32 {
		write(r.Lo, r.Hi, r.Stride)
	}
	return class.String()
}

func jsonEscape(c rune) string {
	if c < 0x10000 {
		return fmt.Sprintf(`\u%04x`, c)
	}
	c -= 0x10000
	return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
}

// lettersToCompare yields all letters on both sides of each border of a script, and one in so many
// of the others: where two classes differ, they differ from a border on.
func lettersToCompare() iter.Seq[rune] {
	border := map[rune]bool{}
	for _, script := range unicode.Scripts {
		for _, r := range script.R16 {
			for _, c := range []rune{rune(r.Lo), rune(r.Hi)} {
				border[c-1], border[c], border[c+1] = true, true, true
			}
		}
		for _, r := range script.R32 {
			for _, c := range []rune{rune(r.Lo), rune(r.Hi)} {
				border[c-1], border[c], border[c+1] = true, true, true
			}
		}
	}
	return func(yield func(rune) bool) {
		for c := rune(1); c <= unicode.MaxRune; c++ {
			if utf8.ValidRune(c) && (border[c] || c%letterStride == 0) && !yield(c) {
				return
			}
		}
	}
}
