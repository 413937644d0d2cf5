package export_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
)

// TestGeneratedEstate exports realistic jobs as each profile of the service
// answers them; Job itself fails where a definition does not compile back.
func TestGeneratedEstate(t *testing.T) {
	t.Parallel()
	for _, profile := range emulator.ProfileNames() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			quirks, _ := emulator.Profile(profile)
			quirks.ListLag, quirks.WrongTotal, quirks.EmptyPages = 0, false, false
			s := emulatortest.Start(t, emulator.Options{Seed: emulator.Seed{Jobs: 40}, Quirks: &quirks})
			e := export.New(export.Options{})
			for _, live := range readAll(t, connect(t, s), s.Project) {
				if _, err := e.Job(export.Project{Alias: "shop", ID: s.Project}, live); err != nil {
					t.Errorf("%s: %v\n%s", live.Name, err, live.Body.Indented())
				}
			}
		})
	}
}
