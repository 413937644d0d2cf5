// Package pace keeps from run to run how many calls a service takes.
package pace

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/buildsync/buildsync/internal/outfile"
)

// paceAge is how long a learned pace is used.
const paceAge = 7 * 24 * time.Hour

// paceFile is the file with the calls per second that services accept, by endpoint. It is in the
// user's cache folder; losing it costs a run a few throttled answers.
type paceFile map[string]paceOf

type paceOf struct {
	Learned time.Time          `json:"learned"`
	Rates   map[string]float64 `json:"rates"`
}

// paceName returns the file's name, "" if there is no cache folder.
func paceName(cache string) string {
	if cache == "" {
		return ""
	}
	return filepath.Join(cache, "buildsync", "pace.json")
}

// readPaces reads the file; a damaged one counts as empty.
func readPaces(name string) paceFile {
	const most = 1 << 20
	paces := paceFile{}
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() || info.Size() > most {
		return paces
	}
	data, err := os.ReadFile(name)
	if err != nil || json.Unmarshal(data, &paces) != nil {
		return paceFile{}
	}
	return paces
}

// Earlier returns the learned paces of an endpoint, slightly raised: the limit may be higher now.
func Earlier(cache, endpoint string) map[string]float64 {
	known := readPaces(paceName(cache))[endpoint]
	if age := time.Since(known.Learned); age < 0 || age > paceAge {
		return nil
	}
	rates := map[string]float64{}
	for kind, rate := range known.Rates {
		if rate > 0 && !math.IsInf(rate, 0) && !math.IsNaN(rate) {
			rates[kind] = rate * 1.05
		}
	}
	return rates
}

// Remember stores the paces of this run. It fails silently, because the file only saves time.
func Remember(cache, endpoint string, rates map[string]float64) {
	name := paceName(cache)
	if name == "" || len(rates) == 0 {
		return
	}
	paces := readPaces(name)
	for other, known := range paces {
		if age := time.Since(known.Learned); age < 0 || age > paceAge {
			delete(paces, other)
		}
	}
	paces[endpoint] = paceOf{Learned: time.Now().UTC().Truncate(time.Second), Rates: rates}
	data, err := json.MarshalIndent(paces, "", "  ")
	if err != nil || os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	_ = outfile.WriteSource(name, append(data, '\n'), 0o600)
}
