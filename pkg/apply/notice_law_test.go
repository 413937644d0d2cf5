package apply_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// channelsOfPerson draws channels as a person sets them, some with a configuration.
func channelsOfPerson(rt *rapid.T) map[string]wire.NoticeUpdate {
	out := map[string]wire.NoticeUpdate{}
	for _, kind := range []string{"MAIL", "MESSAGE", "DING_TALK", "WECOM", "FEISHU"} {
		update := wire.NoticeUpdate{NoticeType: kind, EnabledEventTypeNames: drawEvents(rt, kind)}
		if rapid.Bool().Draw(rt, "config of "+kind) {
			config := `{"webhook":"https://example.com/` + strings.ToLower(kind) + `"}`
			update.ParamConfig = &config
		}
		if rapid.Bool().Draw(rt, "set "+kind) {
			out[kind] = update
		}
	}
	return out
}

func drawEvents(rt *rapid.T, kind string) []string {
	all := []string{"buildJobFail", "updateConfigJob", "buildJobSuccess", "deleteJob", "forbiddenJob"}
	events := rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID[string]).Draw(rt, "events of "+kind)
	slices.Sort(events) // as the compiler writes them
	return events
}

// TestNoticeUpdateLosesNothing checks that an update of one channel's events changes only these
// events, whatever an update clears and whatever the service shows. A value that cannot be kept
// makes the run refuse the update before it sends anything.
func TestNoticeUpdateLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		set := channelsOfPerson(rt)
		declared := rapid.SampledFrom([]string{"MAIL", "MESSAGE", "DING_TALK", "WECOM", "FEISHU"}).Draw(rt, "declared")
		events := drawEvents(rt, "the definition")
		quirks := emulator.NoQuirks()
		quirks.NoticeReplaces, quirks.NoticeMasked = rapid.Bool().Draw(rt, "replaces"), rapid.Bool().Draw(rt, "masked")
		quirks.NewNotices, quirks.ObjectResult = rapid.Bool().Draw(rt, "new notices"), rapid.Bool().Draw(rt, "object result")
		w := newWorldFor(t, rt, quirks)
		w.converge(definitions(job("a", "echo one")))
		id := w.MustTruth(t).Jobs[0].ID
		for _, kind := range slices.Sorted(maps.Keys(set)) {
			if err := w.client.UpdateNotice(t.Context(), id, set[kind]); err != nil {
				rt.Fatal(err)
			}
		}
		before := noticesOf(w.MustTruth(t).Jobs[0])
		plan := w.plan(definitions(job("a", "echo one", func(j *compile.Job) {
			j.Notices = []compile.Notice{{Type: declared, Events: events}}
		})), nil, nil)
		w.ResetCalls()
		if plan.Refused() {
			if !quirks.NoticeMasked || set[declared].ParamConfig == nil || plan.Refusals[0].Rule != "secret" {
				rt.Errorf("refused, and nothing would be lost:\n%s", describePlan(plan))
			}
			return
		}
		if report := w.apply(plan, apply.Options{}); !report.Complete() {
			rt.Fatalf("not complete:\n%s", describe(report))
		}
		if plan.HasChanges() {
			want := before[declared]
			want.events = strings.Join(slices.Sorted(slices.Values(events)), " ")
			before[declared] = want
		}
		if diff := cmp.Diff(before, noticesOf(w.MustTruth(t).Jobs[0]), cmp.AllowUnexported(channelState{})); diff != "" {
			rt.Errorf("more than the events changed (-want +got):\n%s", diff)
		}
	})
}

// channelState is the stored state of a channel.
type channelState struct{ events, config string }

func noticesOf(j emulator.TruthJob) map[string]channelState {
	out := map[string]channelState{}
	for _, row := range j.Notices {
		state := channelState{events: strings.Join(slices.Sorted(slices.Values(row.EnabledEvents())), " ")}
		if row.ParamConfig != nil {
			state.config = *row.ParamConfig
		}
		out[row.NoticeType] = state
	}
	return out
}
