package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/buildsync/buildsync/internal/loopback"
)

// addControl registers the control address, for test programs in other processes: without
// authentication, and only for this machine.
func (e *Emulator) addControl(mux *http.ServeMux) {
	handlers := map[string]func(*http.Request) (any, error){
		"GET /_emulator/{$}":       e.controlIndex,
		"GET /_emulator/faults":    func(*http.Request) (any, error) { return e.Faults(), nil },
		"POST /_emulator/faults":   e.controlFail,
		"DELETE /_emulator/faults": func(*http.Request) (any, error) { e.ClearFaults(); return "cleared", nil },
		"GET /_emulator/calls":     func(*http.Request) (any, error) { return e.Calls(), nil },
		"DELETE /_emulator/calls":  func(*http.Request) (any, error) { e.ResetCalls(); return "cleared", nil },
		"GET /_emulator/state":     e.controlState,
		"GET /_emulator/clock":     func(*http.Request) (any, error) { return map[string]time.Time{"now": e.Now()}, nil },
		"POST /_emulator/clock":    e.controlClock,
		"POST /_emulator/reset":    func(*http.Request) (any, error) { return "reset", e.Reset() },
		"GET /_emulator/quirks":    func(*http.Request) (any, error) { return e.quirks, nil },
		"PUT /_emulator/keystore/{name}": func(r *http.Request) (any, error) {
			data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxRequest))
			if err != nil {
				return nil, err
			}
			return "stored", e.PutKeystoreFile(r.PathValue("name"), data)
		},
	}
	for pattern, handle := range handlers {
		mux.HandleFunc(pattern, control(handle))
	}
	mux.HandleFunc("/_emulator/", control(func(r *http.Request) (any, error) {
		return nil, fmt.Errorf("%s %s is not a control address; GET /_emulator/ lists them", r.Method, r.URL.EscapedPath())
	}))
}

// control answers JSON and refuses web pages of other origins: the address has no password, and a
// page could make a browser on this machine call it.
func control(handle func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		if !local(r) {
			w.WriteHeader(http.StatusForbidden)
			_ = encoder.Encode(map[string]string{"error": "the control address is for programs on this machine, not for web pages"})
			return
		}
		result, err := handle(r)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			result = map[string]string{"error": err.Error()}
		}
		_ = encoder.Encode(result) // the client has gone: nobody to tell
	}
}

// local reports whether a request is for a loopback name and not from a page of another origin.
func local(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if !loopback.Is(host) {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || origin == "http://"+r.Host
}

func (e *Emulator) controlIndex(*http.Request) (any, error) {
	return map[string]any{
		"addresses": map[string]string{
			"GET, POST, DELETE /_emulator/faults": "list, add (one fault or a list) and remove faults",
			"GET, DELETE /_emulator/calls":        "list and forget the calls so far",
			"GET /_emulator/state":                "what is stored, sensitive values masked",
			"GET, POST /_emulator/clock":          "read the clock; {\"advance\": \"30s\"} moves it",
			"POST /_emulator/reset":               "forget jobs, templates, builds, faults and calls",
			"GET /_emulator/quirks":               "the switches in force",
			"PUT /_emulator/keystore/{name}":      "store a keystore file",
		},
		"fault_kinds": faultKinds(),
	}, nil
}

func (e *Emulator) controlFail(r *http.Request) (any, error) {
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxRequest))
	if err != nil {
		return nil, err
	}
	faults, err := ParseFaults(data)
	if err != nil {
		return nil, err
	}
	return map[string]int{"added": len(faults)}, e.Fail(faults...)
}

func (e *Emulator) controlClock(r *http.Request) (any, error) {
	var body struct {
		Advance string `json:"advance"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxRequest)).Decode(&body); err != nil {
		return nil, fmt.Errorf("{\"advance\": \"30s\"} was expected: %w", err)
	}
	d, err := time.ParseDuration(body.Advance)
	if err != nil || d < 0 {
		return nil, errors.New("advance must be a duration that is not negative, such as 30s")
	}
	e.Advance(d)
	return map[string]time.Time{"now": e.Now()}, nil
}

// controlState is Truth without secrets.
func (e *Emulator) controlState(*http.Request) (any, error) {
	truth, err := e.Truth()
	if err != nil {
		return nil, err
	}
	for _, jobs := range [][]TruthJob{truth.Jobs, truth.Recycled} {
		for _, j := range jobs {
			maskSecrets(j.Body)
			for i := range j.Notices {
				if j.Notices[i].ParamConfig != nil {
					masked := secretMask
					j.Notices[i].ParamConfig = &masked
				}
			}
		}
	}
	for _, t := range truth.Templates {
		maskSecrets(t.Body)
	}
	return truth, nil
}

// Reset deletes jobs, templates, builds, groups, files, faults and calls; users and tokens stay
// valid.
func (e *Emulator) Reset() error {
	e.ClearFaults()
	e.ResetCalls()
	e.mu.Lock()
	defer e.mu.Unlock()
	var writes []write
	for _, table := range tables {
		if table == tableTokens {
			continue
		}
		err := e.state.disk.each(table, func(key string, _ []byte) error {
			writes = append(writes, write{table, key, nil})
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := e.state.disk.commit(writes); err != nil {
		return err
	}
	fresh, err := loadState(e.state.disk)
	if err != nil {
		return err
	}
	e.state = fresh
	return nil
}
