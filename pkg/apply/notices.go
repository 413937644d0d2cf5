package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// doNotices writes the channels of a job's notifications that differ. Each update has all events of
// one channel (reference 4.24), so it may be repeated after a look.
func (r *run) doNotices(ctx context.Context, index int, job *jobState) {
	s := r.begin(index, diff.ActionUpdate)
	if s == nil {
		return
	}
	defer s.close()
	ctx = s.guard(ctx)
	s.result.ID = job.id
	if job.id == "" {
		s.end(Skipped, "the job was not created")
		return
	}
	rows, err := r.api.Notices(ctx, job.id)
	if err != nil {
		s.noteRead(err)
		if live.Gone(err) {
			s.result.Next = remedy.Replan
			s.end(Conflict, "the job was deleted after the plan was made; not written")
			return
		}
		s.end(Failed, "not written, because the notifications could not be read before: %s", describe(err))
		return
	}
	if s.change.ID != nil && s.noticesChangedSince(rows) {
		return
	}
	outcome := Unchanged
	for i, notice := range s.change.Notices {
		if rows != nil && seenNotice(rows, notice) == sawWanted {
			continue
		}
		if err := r.secrets.fillNotice(&notice); err != nil {
			s.end(Failed, "not written: %v", err)
			s.nameChannels(notice, s.change.Notices[i+1:])
			return
		}
		keepConfig(rows, &notice)
		if outcome == Unchanged {
			outcome = Applied
		}
		confirmed, ok := s.writeNotice(ctx, job.id, notice)
		if !ok {
			s.nameChannels(notice, s.change.Notices[i+1:])
			return
		}
		s.wrote("channel %s", notice.Want.Type)
		if confirmed {
			outcome = AppliedConfirmed
		}
	}
	if outcome == Unchanged {
		s.end(Unchanged, "")
		return
	}
	s.confirmNotices(ctx, job.id, rows, outcome)
}

// keepConfig adds to a channel that declares no configuration the one that the service shows: an
// update may clear what it does not send. A mask is not sent; the plan refuses that.
func keepConfig(rows []wire.Notice, notice *diff.NoticeChange) {
	if notice.Want.ParamConfig != nil {
		return
	}
	if shown := wire.Channel(rows, notice.Want.Type).ParamConfig; shown != nil && *shown != "" && !diff.IsMask(*shown) {
		notice.Want.ParamConfig = shown
	}
}

// nameChannels adds to the result the channel at which the action stopped, and those that were not
// tried.
func (s *step) nameChannels(at diff.NoticeChange, rest []diff.NoticeChange) {
	s.result.Paths = append(s.result.Paths, noticePath(at))
	s.result.Message = fmt.Sprintf("channel %s: %s", at.Want.Type, s.result.Message)
	for _, notice := range rest {
		s.result.Paths = append(s.result.Paths, noticePath(notice))
		s.result.Message += fmt.Sprintf("; channel %s was not tried", notice.Want.Type)
	}
}

// noticesChangedSince ends the action if a channel is neither as in the plan nor as wanted. What the
// service does not show cannot be compared.
func (s *step) noticesChangedSince(rows []wire.Notice) bool {
	if rows == nil {
		return false
	}
	for _, notice := range s.change.Notices {
		if slices.Equal(wire.Channel(rows, notice.Want.Type).EnabledEvents(), notice.Have) || noticeAsWanted(rows, notice) {
			continue
		}
		s.result.Paths = append(s.result.Paths, noticePath(notice))
	}
	if len(s.result.Paths) == 0 {
		return false
	}
	s.result.Next = remedy.Replan
	s.end(Conflict, "the notifications were changed after the plan was made; not written")
	return true
}

func noticePath(n diff.NoticeChange) string { return compile.NoticePath(n.Want.Type) + ".events" }

// writeNotice sends one channel, and ends the action if that fails. confirmed means that the answer
// was lost and a read shows the write.
func (s *step) writeNotice(ctx context.Context, id string, notice diff.NoticeChange) (confirmed, ok bool) {
	update := wire.NoticeUpdate{
		NoticeType:            notice.Want.Type,
		EnabledEventTypeNames: append([]string{}, notice.Want.Events...),
		ParamConfig:           notice.Want.ParamConfig,
	}
	attempts := retry{step: s}
	for {
		got, err := s.send(ctx, func(ctx context.Context) error { return s.run.api.UpdateNotice(ctx, id, update) })
		switch got {
		case accepted:
			return false, true
		case unsent:
			return false, s.endUnsent(err)
		case refused:
			return false, s.endRefused(err)
		case distrusted:
			return false, s.endDistrusted(err)
		}
		saw := s.lookAfterNotice(ctx, id, notice, got, err)
		switch saw {
		case sawWanted:
			return true, true
		case sawNothing:
			s.endUnknown(err)
			return false, false
		case sawUnsaid:
			if !attempts.again(ctx, err) {
				s.endUnknown(err)
				return false, false
			}
			continue
		}
		if !attempts.again(ctx, err) {
			if saw == sawOther {
				s.endUnknown(err)
			} else {
				s.endGaveUp(err)
			}
			return false, false
		}
	}
}

func (s *step) lookAfterNotice(ctx context.Context, id string, notice diff.NoticeChange, got reply, cause error) sight {
	saw := sawNothing
	var rows []wire.Notice
	var err error
	for range s.looks(ctx, s.waitsAfter(got, cause), &err) {
		rows, err = s.run.api.Notices(ctx, id)
		switch {
		case err != nil:
			s.noteRead(err)
		case rows == nil:
			return sawUnsaid
		default:
			if saw = seenNotice(rows, notice); saw == sawWanted {
				return saw
			}
		}
	}
	return saw
}

// confirmNotices reads the channels until all are as wanted, and ends the
// action. before has the channels before the write, nil if the service did not show them.
func (s *step) confirmNotices(ctx context.Context, id string, before []wire.Notice, outcome Outcome) {
	var rows, last []wire.Notice
	var err error
	read := false
	for range s.looks(ctx, confirmWaits(), &err) {
		if rows, err = s.run.api.Notices(ctx, id); err != nil {
			continue
		}
		read = true
		if rows == nil && before == nil {
			s.end(outcome, "the service does not show the notifications, so this is not confirmed")
			return
		}
		if !slices.ContainsFunc(s.change.Notices, func(n diff.NoticeChange) bool { return !noticeAsWanted(rows, n) }) {
			s.end(outcome, "")
			if outcome == AppliedConfirmed {
				s.end(outcome, "the answer was lost (%s); a read shows the events", lost(s.lastError))
			}
			return
		}
		if s.storedOthers(before, rows) && last != nil && s.sameChannels(last, rows) {
			break // no lag: the state is neither the old one nor a moving one
		}
		last = rows
	}
	switch {
	case err != nil:
		s.endUnread(err)
	case !read:
		s.end(Unknown, "the service accepted it; the run ended before a read could show it")
	case rows == nil:
		s.end(Unknown, "the service accepted it, and does not show the notifications any more")
	default:
		s.endOtherEvents(before, rows)
	}
}

// endOtherEvents ends an action whose channels were all written, and of which the service shows
// other events than were sent.
func (s *step) endOtherEvents(before, rows []wire.Notice) {
	var told []string
	for _, n := range s.change.Notices {
		if !noticeAsWanted(rows, n) {
			s.result.Paths = append(s.result.Paths, noticePath(n))
			told = append(told, fmt.Sprintf("channel %s was sent as %s and is stored as %s",
				n.Want.Type, eventsText(n.Want.Events), eventsText(wire.Channel(rows, n.Want.Type).EnabledEvents())))
		}
	}
	s.result.Written = nil // the message has what is not as it was sent
	if !s.storedOthers(before, rows) {
		s.end(NotConverged, "the service accepted it and still holds the old events: %s", strings.Join(told, "; "))
		return
	}
	s.result.Stored, s.result.Rewritten, s.result.Next = true, s.result.Paths, remedy.WriteStored
	s.end(NotConverged, "the service stored other events than were sent, or someone changed them right after: %s", strings.Join(told, "; "))
}

// eventsText lists events for people.
func eventsText(events []string) string {
	return sanitize.Line("["+strings.Join(events, ", ")+"]", 300)
}

// storedOthers reports whether each channel that is not as wanted is not as it was before the write
// either.
func (s *step) storedOthers(before, rows []wire.Notice) bool {
	return rows != nil && !slices.ContainsFunc(s.change.Notices, func(n diff.NoticeChange) bool {
		return !noticeAsWanted(rows, n) && slices.Equal(wire.Channel(rows, n.Want.Type).EnabledEvents(), wire.Channel(before, n.Want.Type).EnabledEvents())
	})
}

// sameChannels reports whether two reads show the same events of all channels of the change.
func (s *step) sameChannels(a, b []wire.Notice) bool {
	return !slices.ContainsFunc(s.change.Notices, func(n diff.NoticeChange) bool {
		return !slices.Equal(wire.Channel(a, n.Want.Type).EnabledEvents(), wire.Channel(b, n.Want.Type).EnabledEvents())
	})
}

// noticeAsWanted reports whether a channel has exactly the wanted events. Its
// param_config is not compared: what comes back may be masked.
func noticeAsWanted(rows []wire.Notice, n diff.NoticeChange) bool {
	return slices.Equal(wire.Channel(rows, n.Want.Type).EnabledEvents(), n.Want.Events)
}

// seenNotice returns what rows show of a channel: sawOther if the events are as wanted but the
// param_config cannot be compared.
func seenNotice(rows []wire.Notice, n diff.NoticeChange) sight {
	if !noticeAsWanted(rows, n) {
		return sawOld
	}
	shown := wire.Channel(rows, n.Want.Type).ParamConfig
	if n.Want.ParamConfig == nil || shown != nil && *shown == *n.Want.ParamConfig {
		return sawWanted
	}
	return sawOther
}
