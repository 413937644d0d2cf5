// Package emulatortest starts an emulator for a test, on loopback with a free port, and with a
// memory store by default.
package emulatortest

import (
	"net/http/httptest"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// Server is a running emulator with everything that a client needs.
type Server struct {
	*emulator.Emulator

	URL       string // of the build API
	IAM       string // of IAM, the same address
	AccessKey string
	SecretKey string
	User      string
	Password  string
	Domain    string
	Region    string // also the name of the IAM project
	Project   string // a CodeArts project id
}

// Start runs an emulator until the test ends. It fails the test if the emulator cannot start.
func Start(t testing.TB, opts emulator.Options) *Server {
	t.Helper()
	em, err := emulator.New(opts)
	if err != nil {
		t.Fatalf("starting the emulator: %v", err)
	}
	srv := httptest.NewServer(em)
	t.Cleanup(func() {
		if err := em.Close(); err != nil { // first, to release waiting requests
			t.Errorf("closing the emulator: %v", err)
		}
		srv.CloseClientConnections()
		srv.Close()
	})
	s := &Server{
		Emulator: em, URL: srv.URL, IAM: srv.URL,
		AccessKey: emulator.DefaultAccessKey, SecretKey: emulator.DefaultSecretKey,
		User: emulator.DefaultUser, Password: emulator.DefaultPassword, Domain: emulator.DefaultDomain,
		Region: emulator.DefaultRegion, Project: emulator.DefaultProject,
	}
	if len(opts.Users) > 0 {
		u := opts.Users[0]
		s.AccessKey, s.SecretKey, s.User, s.Password, s.Domain = u.AccessKey, u.SecretKey, u.Name, u.Password, u.Domain
	}
	if len(opts.Projects) > 0 {
		s.Project = opts.Projects[0]
	}
	return s
}

// MustFail scripts faults and fails the test if one is malformed.
func (s *Server) MustFail(t testing.TB, faults ...emulator.Fault) {
	t.Helper()
	if err := s.Fail(faults...); err != nil {
		t.Fatalf("scripting a fault: %v", err)
	}
}

// MustTruth returns the server's true state.
func (s *Server) MustTruth(t testing.TB) emulator.Truth {
	t.Helper()
	truth, err := s.Truth()
	if err != nil {
		t.Fatalf("reading the emulator's state: %v", err)
	}
	return truth
}

// AllPlayed fails the test if a scripted fault met fewer requests than planned: such a test has
// tested nothing.
func (s *Server) AllPlayed(t testing.TB) {
	t.Helper()
	for _, f := range s.Unplayed() {
		t.Errorf("the fault %s on %q was scripted but not played (%d of its requests came)", f.Fault.Kind, f.Fault.Op, f.Seen)
	}
}
