package apply_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// operation is one write to play faults on: job create (JC), job update (JU), job delete (JD),
// disable (DR), notification update (NU), template create (TC).
type operation struct {
	id      string
	api     string // the emulator's name of the call
	action  diff.Action
	address string
	base    func() *compile.Result // nil: none
	head    func() *compile.Result
	done    func(testing.TB, emulator.Truth) bool
}

func operations() []operation {
	project := emulator.DefaultProject
	removed := func() *compile.Result {
		head := before()
		head.Jobs = head.Jobs[:len(head.Jobs)-1]
		head.Removals = []compile.Removal{{Address: "shop/job/target", Project: projectAlias, ProjectID: project, Job: "target", Action: "delete"}}
		return head
	}
	with := func(target *compile.Job) func() *compile.Result {
		return func() *compile.Result {
			head := before()
			head.Jobs[len(head.Jobs)-1] = target
			return head
		}
	}
	target := func(truth emulator.Truth) *emulator.TruthJob {
		if named := truth.Named(project, "target"); len(named) == 1 {
			return &named[0]
		}
		return nil
	}
	return []operation{
		{
			id: "JC", api: "CreateJob", action: diff.ActionCreate, address: "shop/job/zz-new",
			head: func() *compile.Result {
				head := before()
				head.Jobs = append(head.Jobs, job("zz-new", "echo new", secret("token", "TOKEN")))
				return head
			},
			done: func(_ testing.TB, truth emulator.Truth) bool { return len(truth.Named(project, "zz-new")) == 1 },
		},
		{
			id: "JU", api: "UpdateJob", action: diff.ActionUpdate, address: "shop/job/target",
			head: with(job("target", "echo after", secret("token", "TOKEN"))),
			done: func(t testing.TB, truth emulator.Truth) bool {
				j := target(truth)
				return j != nil && command(t, *j) == "echo after"
			},
		},
		{
			id: "JD", api: "DeleteJob", action: diff.ActionDelete, address: "shop/job/target", head: removed,
			done: func(_ testing.TB, truth emulator.Truth) bool { return target(truth) == nil },
		},
		{
			id: "DR", api: "DisableJob", action: diff.ActionDisable, address: "shop/job/target",
			head: with(job("target", "echo before", secret("token", "TOKEN"), enabled(false))),
			done: func(_ testing.TB, truth emulator.Truth) bool { return target(truth).Disabled },
		},
		{
			id: "NU", api: "UpdateNotice", action: diff.ActionUpdate, address: "shop/notification/target",
			head: with(job("target", "echo before", secret("token", "TOKEN"), notice("MAIL", "deleteJob"))),
			done: func(_ testing.TB, truth emulator.Truth) bool {
				for _, row := range target(truth).Notices {
					if row.NoticeType == "MAIL" {
						return row.EnableMap["deleteJob"] && !row.EnableMap["buildJobFail"]
					}
				}
				return false
			},
		},
		{
			id: "TC", api: "CreateTemplate", action: diff.ActionCreate, address: "shop/template/zz-new",
			head: func() *compile.Result {
				head := before()
				head.Templates = []*compile.Template{template("bystander", "mvn package"), template("zz-new", "npm ci")}
				return head
			},
			done: func(_ testing.TB, truth emulator.Truth) bool {
				n := 0
				for _, t := range truth.Templates {
					if t.Name == "zz-new" {
						n++
					}
				}
				return n == 1
			},
		},
	}
}

// before returns the service's state when a fault strikes: the target, and a job that no plan touches.
func before() *compile.Result {
	return definitions(job("bystander", "echo bystander", secret("other", "OTHER")), job("target", "echo before", secret("token", "TOKEN")))
}

// fault is a row of the matrix: the fault, and how each operation ends if it happens once or
// always. A missing entry means that the combination does not exist.
type fault struct {
	name    string
	fault   emulator.Fault
	once    map[string]apply.Outcome
	forever map[string]apply.Outcome
	settled apply.Outcome // for creates with CreateRetrySettled, where it differs
	halts   bool
	objects bool // notification calls answer with objects: a text cannot name a wrong object
}

// all gives the same outcome to every operation but those in except.
func all(outcome apply.Outcome, except map[string]apply.Outcome) map[string]apply.Outcome {
	out := map[string]apply.Outcome{"JC": outcome, "JU": outcome, "JD": outcome, "DR": outcome, "NU": outcome, "TC": outcome}
	for id, other := range except {
		if other == "" {
			delete(out, id)
		} else {
			out[id] = other
		}
	}
	return out
}

// creates gives both creates the same outcome.
func creates(outcome apply.Outcome) map[string]apply.Outcome {
	return map[string]apply.Outcome{"JC": outcome, "TC": outcome}
}

func status(code int, errorCode string, commit emulator.Commit) emulator.Fault {
	return emulator.Fault{Kind: emulator.FaultStatus, Status: code, Code: errorCode, Message: "made by a fault", Commit: commit}
}

func kind(k emulator.FaultKind, commit emulator.Commit) emulator.Fault {
	return emulator.Fault{Kind: k, Commit: commit}
}

// matrix lists the faults that the emulator can play.
func matrix() []fault {
	const never, first = emulator.CommitNever, emulator.CommitFirst
	lateCommit := kind(emulator.FaultSilence, emulator.CommitLate)
	lateCommit.Delay = 25 * time.Second
	throttle := func(after string) emulator.Fault {
		return emulator.Fault{Kind: emulator.FaultThrottle, RetryAfter: after, Commit: never}
	}
	html := func(code int, commit emulator.Commit) emulator.Fault {
		return emulator.Fault{Kind: emulator.FaultHTML, Status: code, Commit: commit}
	}
	silence := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.Applied, creates(apply.Unknown)),
			forever: all(apply.Failed, creates(apply.Unknown)), settled: apply.AppliedAfterAbsence}
	}
	lost := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.AppliedConfirmed, nil)}
	}
	answered := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.Applied, creates(apply.AppliedAfterAbsence)),
			forever: all(apply.Failed, creates(apply.Unknown))}
	}
	again := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.Applied, nil), forever: all(apply.Failed, nil)}
	}
	refused := func(name string, f emulator.Fault) fault {
		return fault{name: name, fault: f, once: all(apply.Failed, nil), forever: all(apply.Failed, nil)}
	}
	rows := []fault{
		silence("reset before processing", kind(emulator.FaultReset, never)),
		lost("reset after the commit", kind(emulator.FaultReset, first)),
		silence("no answer, not processed", kind(emulator.FaultSilence, never)),
		lost("no answer, committed", kind(emulator.FaultSilence, first)),
		lost("no answer, committed 25 s later", lateCommit),
		again("throttled, seconds", throttle("7")),
		again("throttled, no time", throttle("")),
		refused("throttled for a day", throttle("86400")),
		again("throttled, nonsense", throttle("soon")),
		again("throttled, negative", throttle("-3")),
		again("throttled, beyond 64 bits", throttle("1180591620717411303424")),
		answered("busy", status(500, "CB.00060100", never)),
		lost("busy, committed", status(500, "CB.00060100", first)),
		answered("too many", status(500, "CB.00060211", never)),
		answered("internal error", status(500, "CB.00060101", never)),
		silence("502 of a gateway", html(502, never)),
		lost("504 of a gateway, committed", html(504, first)),
		silence("504 with a code of the gateway", status(504, "APIGW.0202", never)),
		answered("503 of the service", status(503, "CB.00060100", never)),
		silence("503 of a gateway", html(503, never)),
		lost("answer cut", emulator.Fault{Kind: emulator.FaultTruncate, Cut: 9, Commit: first}),
		silence("another server's page", html(200, never)),
		refused("error inside 200", status(200, "DEVCB.00030000", never)),
		refused("forbidden", status(403, "DEVCB.00030403", never)),
		refused("invalid parameter", status(400, "CB.00060200", never)),
		lost("duplicate keys", kind(emulator.FaultTwiceKeys, first)),
	}
	rows = append(rows,
		fault{name: "success without an id", objects: true, fault: kind(emulator.FaultNoID, first),
			once: all(apply.AppliedConfirmed, map[string]apply.Outcome{"DR": ""})},
		fault{name: "success about another object", objects: true, fault: kind(emulator.FaultOtherID, first), halts: true,
			once: all(apply.Unknown, map[string]apply.Outcome{"DR": ""})},
		fault{name: "key refused", fault: status(401, "APIGW.0301", never), halts: true,
			forever: all(apply.Failed, nil)},
		fault{name: "not found", fault: status(422, "CB.00031006", never),
			once: map[string]apply.Outcome{"JU": apply.Conflict, "DR": apply.Conflict, "NU": apply.Conflict}},
		fault{name: "project not found", fault: status(404, "CB.00031006", never), halts: true,
			once: map[string]apply.Outcome{"JC": apply.Failed}},
		fault{name: "route missing", fault: status(404, "APIGW.0101", never), halts: true, once: all(apply.Failed, nil)},
	)
	for _, code := range []int{301, 302, 307, 308} {
		rows = append(rows, fault{name: fmt.Sprintf("redirect %d", code), halts: true,
			fault: emulator.Fault{Kind: emulator.FaultRedirect, Status: code, Location: "http://127.0.0.1:1/elsewhere", Commit: never},
			once:  all(apply.Failed, nil)})
	}
	return rows
}
