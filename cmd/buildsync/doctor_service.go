package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// checkService looks at the way to the service and reads each project's
// listing.
func (d *diagnosis) checkService(ctx context.Context, w *workspace.Workspace) {
	named := d.checkEndpoint(w)
	if !d.checkCredentials(workspaceRegion(w)) || !named {
		return
	}
	if len(projectsOf(w)) == 0 {
		d.warn("project", "not checked: without buildsync.yaml there is no project to ask for")
		return
	}
	service, err := d.in.connect(w.Dir, workspaceRegion(w))
	if err != nil {
		d.fail("connection", err, "")
		return
	}
	defer func() {
		if err := service.close(); err != nil {
			d.fail("service", err, "")
		}
	}()
	if proxy := service.Proxy(); proxy != "" {
		d.ok("proxy", "requests go through %s", proxy)
	} else {
		d.ok("proxy", "none: requests go to the service directly")
	}
	clock := &clockWatch{}
	d.checkProjects(client.WithObserver(ctx, clock.see), service, w, clock)
}

// checkEndpoint looks for what names the service. Where buildsync.yaml, which may
// name it, was not read, it is no failure that nothing does.
func (d *diagnosis) checkEndpoint(w *workspace.Workspace) bool {
	endpoint, region := d.in.Text("endpoint"), cmp.Or(d.in.Text("region"), workspaceRegion(w))
	if endpoint == "" && region == "" && !isLoadedOf(w) {
		d.warn("endpoint", "not checked: buildsync.yaml would name the region, or --region and --endpoint do")
		return true
	}
	if endpoint != endpointEmulator {
		address, err := buildEndpoint(endpoint, region)
		if err != nil {
			d.fail("endpoint", err, "")
			return false
		}
		endpoint = address
	}
	d.ok("endpoint", "%s", endpoint)
	return true
}

// checkCredentials looks for credentials, without using them.
func (d *diagnosis) checkCredentials(region string) bool {
	if d.in.Text("endpoint") == endpointEmulator {
		d.ok("credentials", "the emulator's own")
		return true
	}
	found, err := d.in.findCredentials(cmp.Or(d.in.Text("region"), region))
	if err != nil {
		d.fail("credentials", err, "keys are made in the console under My Credentials, Access Keys; buildsync takes them from the environment or a profile, never from a flag or the repository. --endpoint emulator needs none")
		return false
	}
	d.ok("credentials", "%s", found.Source)
	return true
}

// checkProjects reads each project's listing, and the clock from the answers.
// What is wrong with one project may be right for the next; a refused key or a
// service that is not there is wrong for all, and a key can be locked.
func (d *diagnosis) checkProjects(ctx context.Context, service *service, w *workspace.Workspace, clock *clockWatch) {
	for i, alias := range slices.Sorted(maps.Keys(w.Set.Workspace.Projects)) {
		listing, err := service.Listing(ctx, w.Set.Workspace.Projects[alias].ID)
		if i == 0 && service.name != endpointEmulator {
			d.checkClock(clock)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			d.fail("project "+alias, err, adviceFor(err, clock))
			if !errors.Is(err, client.ErrNotFound) && !errors.Is(err, client.ErrForbidden) {
				return
			}
		case !listing.Complete:
			d.warn("project "+alias, "%s listed, but not all: %s", sanitize.Counted(len(listing.Jobs), "job"), listing.Problem)
		default:
			d.ok("project "+alias, "%s", sanitize.Counted(len(listing.Jobs), "live job"))
		}
	}
}

// Bounds of what a clock may be off by. The gateway refuses a signature that is
// 15 minutes old.
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

func (d *diagnosis) checkClock(c *clockWatch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const advice = "let it be set from the network (timedatectl set-ntp true, or the time settings of the system)"
	switch {
	case !c.seen:
		d.warn("clock", "no answer said what time it is, so this machine's clock was not checked")
	case c.off.Abs() >= clockFail:
		d.fail("clock", fmt.Errorf("this machine's clock is %s; the service refuses requests that are 15 minutes off", aheadOrBehind(c.off)), advice)
	case c.off.Abs() >= clockWarn:
		d.warn("clock", "this machine's clock is %s", aheadOrBehind(c.off))
		d.advise(advice)
	default:
		d.ok("clock", "agrees with the service's")
	}
}

func aheadOrBehind(off time.Duration) string {
	if off < 0 {
		return (-off).String() + " behind the service's"
	}
	return off.String() + " ahead of the service's"
}

// adviceFor says what to do about a failed call.
func adviceFor(err error, clock *clockWatch) string {
	switch {
	case errors.Is(err, client.ErrUnauthorized) && clock.off.Abs() >= clockFail:
		return "set this machine's clock right first; then check the access key or token"
	case errors.Is(err, client.ErrUnauthorized):
		return "check the access key or token, and that it belongs to this account and region; nothing more is sent, since a key is locked after a few failures"
	case errors.Is(err, client.ErrForbidden), errors.Is(err, client.ErrNotFound):
		return "check the project's id in buildsync.yaml (the CodeArts project's, not the IAM project's), and that this user has a role there that may view and edit build jobs"
	case errors.Is(err, client.ErrNotTheAPI):
		return "something else answers at this address: a proxy, a portal, a wrong endpoint"
	case errors.Is(err, client.ErrRouteMissing):
		return "this region does not have these routes: try --api v1"
	case errors.Is(err, client.ErrCertificate):
		return "name the authority that signed the certificate with --ca-file"
	}
	var call *client.Error
	if errors.As(err, &call) && call.Status == 0 {
		return "no answer came: check the address, the network, HTTPS_PROXY and NO_PROXY"
	}
	return ""
}
