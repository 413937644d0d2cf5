package screen

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8/decor"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/client"
)

// From what wait on people are told why: a refusal that lasts, and work that takes
// as long at the pace of the calls.
const (
	refusalTold = 3 * time.Second
	paceTold    = 10 * time.Second
	listingTold = 3 * time.Second
)

// listingCalls is how many calls the lists of a large project take. A pace that has
// long allowed as many is not what the lists wait for.
const listingCalls = 100

// unknown is how many objects are left while the lists of them are being read.
const unknown = -1

// Pacing tells people why a run takes long: the service takes so many requests, or
// --rate allows so many. Each reason is told once in a run.
type Pacing struct {
	in   *kit.Invocation
	pace func() client.Pace

	mu   sync.Mutex
	told map[string]bool
}

// NewPacing takes where the pace is to be seen.
func NewPacing(in *kit.Invocation, pace func() client.Pace) *Pacing {
	return &Pacing{in: in, pace: pace, told: map[string]bool{}}
}

// watch looks once a second, and when stop is called no more. left returns how many
// objects are left, unknown before they are listed; doing is what is done to them:
// reading, writing.
func (p *Pacing) watch(doing string, left func() int) (stop func()) {
	if p == nil || p.in.On("quiet") {
		return func() {}
	}
	ended := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		began := time.Now()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				p.tell(reason(p.pace(), doing, left(), time.Since(began)))
			}
		}
	})
	return sync.OnceFunc(func() {
		close(ended)
		group.Wait()
	})
}

// tell writes a reason above the bars.
func (p *Pacing) tell(kind, sentence string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sentence != "" && !p.told[kind] {
		p.told[kind] = true
		p.in.Note("%s", sentence)
	}
}

// reason says why left objects take long, "" if the pace is not a reason. waited is
// for how long it has been looked.
func reason(pace client.Pace, doing string, left int, waited time.Duration) (kind, sentence string) {
	if left == 0 {
		return "", ""
	}
	if pace.Refused >= refusalTold {
		return "refused", "the service takes no more requests for now; buildsync asks again until it does"
	}
	if pace.PerSecond <= 0 {
		return "", ""
	}
	who := "the service takes about"
	if pace.Asked {
		who = "--rate allows"
	}
	if left == unknown {
		if waited < listingTold || pace.PerSecond*waited.Seconds() >= listingCalls {
			return "", ""
		}
		return "listing", fmt.Sprintf("%s %s requests a minute; the lists of the jobs are read first", who, perMinute(pace))
	}
	least := time.Duration(float64(left) / pace.PerSecond * float64(time.Second)).Round(time.Second)
	if least < paceTold {
		return "", ""
	}
	return "pace", fmt.Sprintf("%s %s requests a minute, so %s %d more takes at least %s", who, perMinute(pace), doing, left, least)
}

func perMinute(pace client.Pace) string { return fmt.Sprint(math.Round(pace.PerSecond * 60)) }

// decorator shows the pace behind a bar.
func (p *Pacing) decorator() decor.Decorator {
	return decor.Any(func(decor.Statistics) string {
		if p == nil {
			return ""
		}
		switch pace := p.pace(); {
		case pace.Refused >= refusalTold:
			return ", waiting"
		case pace.PerSecond > 0:
			return ", " + perMinute(pace) + "/min"
		}
		return ""
	})
}
