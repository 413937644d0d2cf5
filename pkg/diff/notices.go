package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// notices compares a job's declared notification channels with the live ones. A channel is a set of
// events; an undeclared channel is not managed.
func (j *jobTask) notices() {
	want, live := j.want, j.live
	if len(want.Notices) == 0 {
		return
	}
	change := Change{
		Address: want.NoticeAddress(), Kind: KindNotification, ProjectID: want.ProjectID, Name: want.Name,
		Want: want, Live: live, Owner: want.Owner, Labels: want.Labels,
	}
	change.Definition = definitionOf(want)
	var rows []wire.Notice
	if live != nil {
		change.ID, rows = &live.ID, live.Notices
	}
	for _, notice := range want.Notices {
		if j.ignore.matches(compile.NoticePath(notice.Type)) {
			continue
		}
		notice, left := j.withoutIgnored(notice, rows)
		if !left {
			continue
		}
		base := noticeOf(j.before, notice.Type)
		seen := rows
		if live != nil && live.NoticesUnseen {
			if seen = seenEvents(base); base == nil && j.base == nil && !j.in.FirstApply {
				continue // it would be written at each apply
			}
		}
		channel(notice, base, seen, &change, j.in.Options.writesSecret(notice.Secret))
	}
	j.ofBasePolicy(change.Fields)
	j.rewrittenEvents(&change)
	change.Verdict = objectVerdict(change.Fields)
	if len(change.Fields) == 0 {
		return
	}
	change.Actions = []Action{ActionUpdate}
	if driftCount(&change) > 0 {
		j.drifted = append(j.drifted, want.Address)
	}
	if change.Verdict == VerdictConflict && !j.in.Options.ForceConflicts {
		j.refuse(RuleConflict, change.Address, "the notifications of "+quote(want.Address)+
			" were changed both in the definitions and outside; "+string(remedy.ForceBoth))
	}
	j.refuseMaskedConfigs(&change, rows)
	j.changes = append(j.changes, change)
}

// seenEvents returns the row of a channel that the service does not show: as the base has it, or
// unlike any definition.
func seenEvents(base *compile.Notice) []wire.Notice {
	if base == nil {
		return nil
	}
	row := wire.Notice{NoticeType: base.Type, EnableMap: map[string]bool{}}
	for _, event := range base.Events {
		row.EnableMap[event] = true
	}
	return []wire.Notice{row}
}

// rewrittenEvents takes differences in channels that the service stored differently from what was
// sent as no edit of a person.
func (j *jobTask) rewrittenEvents(change *Change) {
	paths := j.rewrittenPaths(j.want)
	var unclear []Field
	for i := range change.Fields {
		f := &change.Fields[i]
		if f.Verdict == VerdictChange || !within(paths, f.Path) {
			continue
		}
		f.Verdict = VerdictChange
		unclear = append(unclear, *f)
	}
	change.noteUnclear(unclear)
}

// refuseMaskedConfigs refuses to update a channel whose configuration the definitions do not name
// and the service shows as a mask: the update may clear it, and it cannot be sent again.
func (j *jobTask) refuseMaskedConfigs(change *Change, rows []wire.Notice) {
	for _, notice := range change.Notices {
		shown := wire.Channel(rows, notice.Want.Type).ParamConfig
		if notice.Want.ParamConfig == nil && shown != nil && IsMask(*shown) {
			path := compile.NoticePath(notice.Want.Type)
			j.refuse(RuleSecret, change.Address, fmt.Sprintf(
				"updating %s of %s may clear its param_config, and the value is unknown: the service shows a mask; declare it with param_config: {secret: NAME}, or leave the channel to others with policy.ignore",
				path, quote(j.want.Address)))
		}
	}
}

// withoutIgnored returns a declared channel with the live values of its ignored parts, since one
// call sets the whole channel. left is false if nothing is left to compare.
func (j *jobTask) withoutIgnored(notice compile.Notice, rows []wire.Notice) (kept compile.Notice, left bool) {
	path := compile.NoticePath(notice.Type)
	if j.ignore.matches(path + ".param_config") {
		notice.ParamConfig = nil
	}
	if !j.ignore.matches(path + ".events") {
		return notice, true
	}
	if j.live == nil || notice.ParamConfig == nil {
		return notice, false
	}
	notice.Events = wire.Channel(rows, notice.Type).EnabledEvents()
	return notice, true
}

// channel compares one channel. forced means to write its configuration again.
func channel(want compile.Notice, base *compile.Notice, rows []wire.Notice, change *Change, forced bool) {
	row := wire.Channel(rows, want.Type)
	have := row.EnabledEvents()
	path := compile.NoticePath(want.Type)
	before := len(change.Fields)
	isNew := change.Live == nil // the service chooses its channels, and apply reads them
	if isNew || !slices.Equal(have, want.Events) {
		field := Field{Path: path + ".events", Before: texts(have), After: texts(want.Events), Verdict: VerdictChange,
			File: want.Pos.File, Line: want.Pos.Line}
		switch {
		case isNew: // the deleted job is reported and counted itself
			field.Before = nil
		case base != nil:
			field.Base = texts(base.Events)
			field.Verdict = threeWay(field.Base, field.Before, field.After)
		}
		change.Fields = append(change.Fields, field)
	} else {
		change.Unchanged++
	}
	if want.ParamConfig != nil && (forced || !sameConfig(want, base, row.ParamConfig)) {
		change.Fields = append(change.Fields, Field{
			Path: path + ".param_config", Verdict: VerdictChange, Sensitive: true, File: want.Pos.File, Line: want.Pos.Line,
		})
	}
	if len(change.Fields) > before {
		change.Notices = append(change.Notices, NoticeChange{Want: want, Have: have})
	}
}

// sameConfig compares a channel's opaque configuration. If the service returns nothing or a mask,
// it is unknown and counts as equal, unless the base shows that the definitions changed. A secret's
// value is also unknown: without a base, any stored value counts as equal.
func sameConfig(want compile.Notice, base *compile.Notice, live *string) bool {
	if want.Secret != "" {
		if base != nil && base.ParamConfig != nil {
			return *base.ParamConfig == *want.ParamConfig
		}
		return live != nil && *live != ""
	}
	if live != nil && *live != "" && !IsMask(*live) {
		return *live == *want.ParamConfig
	}
	if base != nil && base.ParamConfig != nil {
		return *base.ParamConfig == *want.ParamConfig
	}
	return *want.ParamConfig == "" || live != nil && IsMask(*live)
}

// IsMask reports whether a text is what the service shows in place of a secret.
func IsMask(s string) bool { return s != "" && strings.Trim(s, "*") == "" }

func noticeOf(job *compile.Job, channel string) *compile.Notice {
	if job == nil {
		return nil
	}
	for i := range job.Notices {
		if strings.EqualFold(job.Notices[i].Type, channel) {
			return &job.Notices[i]
		}
	}
	return nil
}

func texts(list []string) *jsontree.Value {
	out := jsontree.Array()
	for _, s := range list {
		out.Append(jsontree.String(s))
	}
	return out
}

// threeWay returns the verdict for a value that differs between live and desired.
func threeWay(base, live, desired *jsontree.Value) Verdict {
	switch {
	case jsontree.Equal(base, desired):
		return VerdictDrift
	case jsontree.Equal(base, live):
		return VerdictChange
	}
	return VerdictConflict
}
