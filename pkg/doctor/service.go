package doctor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// endpoint looks for what names the service. If buildsync.yaml was not read, a
// missing service is not a failure, since that file may name it.
func (e *Examination) endpoint(context.Context) {
	const check = "endpoint"
	if !e.setup.Named && e.declared() == nil {
		e.warn(check, "not checked: buildsync.yaml would name the region", remedy.NameService)
		return
	}
	address, err := e.setup.Endpoint(e.region())
	if err != nil {
		e.reachable = false
		e.fail(check, err, "")
		return
	}
	e.ok(check, address)
}

// credentials looks for credentials, without using them.
func (e *Examination) credentials(context.Context) {
	const check = "credentials"
	source, err := e.setup.Credentials(e.region())
	if err != nil {
		e.reachable = false
		e.fail(check, err, remedy.MakeKeys)
		return
	}
	e.ok(check, source)
}

// service looks at the way to the service and reads each project's listing.
func (e *Examination) service(ctx context.Context) {
	if !e.reachable {
		return
	}
	if len(e.aliases()) == 0 {
		e.warn("project", "not checked: without buildsync.yaml there is no project to ask for", "")
		return
	}
	service, err := e.setup.Connect(e.w.Dir, e.region())
	if err != nil {
		e.fail("connection", err, "")
		return
	}
	defer func() {
		if err := service.Close(); err != nil {
			e.fail("service", err, "")
		}
	}()
	if service.Proxy != "" {
		e.ok("proxy", "requests go through "+service.Proxy)
	} else {
		e.ok("proxy", "none: requests go to the service directly")
	}
	clock := &clockWatch{}
	e.projects(client.WithObserver(ctx, clock.see), service, clock)
}

// projects reads each project's listing, and the clock from the answers. An
// error of one project does not stop the next. A refused key or an absent
// service stops them all, because more calls could lock the key.
func (e *Examination) projects(ctx context.Context, service *Service, clock *clockWatch) {
	for i, alias := range e.aliases() {
		listing, err := live.Listing(ctx, service.API, e.declared().Projects[alias].ID)
		if i == 0 && !service.OwnClock {
			e.clock(clock)
		}
		check := "project " + alias
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			return
		case ctx.Err() != nil:
			e.fail(check, err, "")
			return
		case err != nil:
			e.fail(check, err, remedyOf(err, clock))
			if !errors.Is(err, client.ErrNotFound) && !errors.Is(err, client.ErrForbidden) {
				return
			}
		case !listing.Complete:
			e.warn(check, fmt.Sprintf("%s listed, but not all: %s", sanitize.Counted(len(listing.Jobs), "job"), listing.Problem), "")
		default:
			e.ok(check, sanitize.Counted(len(listing.Jobs), "live job"))
		}
	}
}

// Limits of the clock's deviation. The gateway refuses a signature that is 15
// minutes old.
const (
	clockWarn = 30 * time.Second
	clockFail = 5 * time.Minute
)

// clockWatch measures this machine's clock by the Date of the first answer that
// has one.
type clockWatch struct {
	mu   sync.Mutex
	seen bool
	off  time.Duration // of this machine, ahead of the service
}

// see is a client's observer.
func (c *clockWatch) see(a client.Attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen || a.Date.IsZero() {
		return
	}
	// The header counts in whole seconds, and was written while we waited.
	c.seen, c.off = true, a.Began.Add(a.Took/2).Sub(a.Date.Add(time.Second/2)).Round(time.Second)
}

func (e *Examination) clock(c *clockWatch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	side := c.off.Abs().String() + " ahead of the service's"
	if c.off < 0 {
		side = c.off.Abs().String() + " behind the service's"
	}
	switch {
	case !c.seen:
		e.warn("clock", "no answer said what time it is, so this machine's clock was not checked", "")
	case c.off.Abs() >= clockFail:
		e.fail("clock", fmt.Errorf("this machine's clock is %s; the service refuses requests that are 15 minutes off", side), remedy.SetClock)
	case c.off.Abs() >= clockWarn:
		e.warn("clock", "this machine's clock is "+side, remedy.SetClock)
	default:
		e.ok("clock", "agrees with the service's")
	}
}

// remedyOf returns what to do about a failed call.
func remedyOf(err error, clock *clockWatch) remedy.Remedy {
	switch {
	case errors.Is(err, client.ErrUnauthorized) && clock.off.Abs() >= clockFail:
		return remedy.SetClockThenKey
	case errors.Is(err, client.ErrUnauthorized):
		return remedy.CheckKey
	case errors.Is(err, client.ErrForbidden), errors.Is(err, client.ErrNotFound):
		return remedy.CheckProject
	case errors.Is(err, client.ErrNotTheAPI):
		return remedy.CheckAddress
	case errors.Is(err, client.ErrRouteMissing):
		return remedy.ChooseOlderRoutes
	case errors.Is(err, client.ErrCertificate):
		return remedy.NameAuthority
	}
	var call *client.Error
	if errors.As(err, &call) && call.Status == 0 {
		return remedy.CheckNetwork
	}
	return ""
}
