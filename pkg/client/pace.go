package client

import "time"

// Pace says what holds calls back at the moment, for people who wait.
type Pace struct {
	PerSecond float64       // the slowest pace that calls keep to; 0: none
	Asked     bool          // PerSecond is that of Config.Rate, not of the service
	Refused   time.Duration // for how long the service has taken no call of a kind; 0: it takes them
}

// paceSeen is how long after its last call a kind counts as in use.
const paceSeen = 5 * time.Second

// Pace returns what holds calls back at the moment.
func (c *Client) Pace() Pace { return c.governor.pace() }

func (g *governor) pace() Pace {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	var slowest Pace
	consider := func(p *pacer, asked bool) {
		if p == nil {
			return
		}
		if p.strikes > 0 {
			slowest.Refused = max(slowest.Refused, now.Sub(p.closed))
		}
		used := !p.next.IsZero() && now.Sub(p.next) < paceSeen
		if p.rate > 0 && used && (slowest.PerSecond == 0 || p.rate < slowest.PerSecond) {
			slowest.PerSecond, slowest.Asked = p.rate, asked
		}
	}
	if g.pacers == nil {
		consider(g.all, false)
	}
	for _, p := range g.pacers {
		consider(p, false)
	}
	consider(g.ceiling, true)
	return slowest
}
