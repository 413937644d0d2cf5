package shelltool

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/lint"
)

// leastBash is the oldest bash that is used: older ones refuse valid modern scripts.
const leastBash = 4

// Bash is the bash of this machine.
type Bash struct {
	ctx     context.Context
	program *program
	recent  func() bool
}

// FindBash looks for bash in PATH. It returns nil if there is none.
func FindBash(ctx context.Context) *Bash {
	found := find("bash")
	if found == nil {
		return nil
	}
	b := &Bash{ctx: ctx, program: found}
	b.recent = sync.OnceValue(b.isRecent)
	return b
}

// Identity identifies the installed program: results depend on it.
func (b *Bash) Identity() string { return b.program.identity }

func (b *Bash) isRecent() bool {
	out, _, code, err := b.program.run(b.ctx, "", "", "--noprofile", "--norc", "-c", `echo "${BASH_VERSINFO[0]}"`)
	if err != nil || code != 0 {
		return false
	}
	major, err := strconv.Atoi(strings.TrimSpace(out))
	return err == nil && major >= leastBash
}

var bashFault = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^[^\n]*?: line (\d+): (.*)$`) })

// Refusal implements lint.Bash: bash reads the script without running it. A bash that is too old
// gives no answer. Extended patterns are read as with extglob, since shopt does not run.
func (b *Bash) Refusal(script string) (line int, message string, err error) {
	if !b.recent() {
		return 0, "", lint.ErrNoAnswer
	}
	_, said, code, err := b.program.run(b.ctx, "", script, "--noprofile", "--norc", "-O", "extglob", "-n")
	if err != nil {
		return 0, "", err
	}
	for _, fault := range bashFault().FindAllStringSubmatch(said, -1) {
		// bash -n reports a fault in [[ ]] and ends with 0
		if strings.HasPrefix(fault[2], "warning:") || code == 0 && !strings.HasPrefix(fault[2], "syntax error") {
			continue
		}
		if line, err = strconv.Atoi(fault[1]); err == nil {
			return line, fault[2], nil
		}
	}
	if code == 0 {
		return 0, "", nil
	}
	return 0, "", lint.ErrNoAnswer // it failed for another reason than the script
}
