package lint

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf16"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// baselineVersion is raised when the file's form changes.
const baselineVersion = 1

// Baseline stores findings by rule, file and pointer, so that they are not reported again when
// their lines move. Findings that stop plan and apply are neither stored nor dropped.
type Baseline struct{ counts map[baselineKey]int }

type baselineKey struct{ rule, file, pointer string }

type baselineFile struct {
	Version  int             `json:"version"`
	Findings []baselineEntry `json:"findings"`
}

type baselineEntry struct {
	Rule    string `json:"rule"`
	File    string `json:"file"`
	Pointer string `json:"pointer"`
	Count   int    `json:"count"`
}

func keyOf(d *spec.Diagnostic) baselineKey {
	return baselineKey{d.Rule, d.Range.Start.File, secret.Redact(cmp.Or(d.Pointer, d.Message))}
}

// NewBaseline stores ds.
func NewBaseline(ds spec.Diagnostics) *Baseline {
	b := &Baseline{counts: map[baselineKey]int{}}
	for i := range ds {
		if rule, known := ruleByName(ds[i].Rule); (known && !rule.Fixed || isPolicyRule(ds[i].Rule)) && !ds[i].Blocking {
			b.counts[keyOf(&ds[i])]++
		}
	}
	return b
}

// Len returns the number of stored findings.
func (b *Baseline) Len() (n int) {
	for _, count := range b.counts {
		n += count
	}
	return n
}

// ReadBaseline reads the form of Encode. The error explains what is wrong.
func ReadBaseline(text []byte) (*Baseline, error) {
	if _, err := jsontree.Parse(text, jsontree.Limits{}); err != nil {
		return nil, fmt.Errorf("the baseline is not JSON: %w", err)
	}
	var file baselineFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("the baseline does not have the form that %s writes: %w", remedy.WriteBaseline, err)
	}
	if file.Version != baselineVersion {
		return nil, fmt.Errorf("the baseline has version %d; this buildsync reads version %d: write it again", file.Version, baselineVersion)
	}
	b := &Baseline{counts: map[baselineKey]int{}}
	for _, e := range file.Findings {
		if e.Rule == "" || e.Count < 1 {
			return nil, errors.New("the baseline has an entry without a rule or with a count below 1: write it again")
		}
		b.counts[baselineKey{currentName(e.Rule), e.File, e.Pointer}] += e.Count
	}
	return b, nil
}

// IsBaseline reports whether a text was written by some version of Encode.
func IsBaseline(text []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var file baselineFile
	return decoder.Decode(&file) == nil && file.Version > 0
}

// Encode returns the baseline, sorted, so that its changes are easy to review.
func (b *Baseline) Encode() []byte {
	file := baselineFile{Version: baselineVersion, Findings: []baselineEntry{}}
	for key, count := range b.counts {
		file.Findings = append(file.Findings, baselineEntry{key.rule, key.file, key.pointer, count})
	}
	slices.SortFunc(file.Findings, func(a, b baselineEntry) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Rule, b.Rule))
	})
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		panic("bug in buildsync: a baseline does not encode: " + err.Error())
	}
	return append(visible(text), '\n')
}

// visible writes characters that a reviewer would not see as JSON escapes.
func visible(text []byte) []byte {
	if !bytes.ContainsFunc(text, isUnseen) {
		return text
	}
	var out bytes.Buffer
	for _, r := range string(text) {
		switch high, low := utf16.EncodeRune(r); {
		case !isUnseen(r):
			out.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}

func isUnseen(r rune) bool { return r > unicode.MaxASCII && !unicode.IsPrint(r) }

// Filter drops stored findings, at most as many of each as are stored.
func (b *Baseline) Filter(ds spec.Diagnostics) spec.Diagnostics {
	if b == nil {
		return ds
	}
	left := make(map[baselineKey]int, len(b.counts))
	for key, count := range b.counts {
		key.pointer = valuepath.Canonical(key.pointer)
		left[key] += count
	}
	kept := ds[:0]
	for _, d := range ds {
		key := keyOf(&d)
		key.pointer = valuepath.Canonical(key.pointer)
		if left[key] > 0 && !d.Blocking {
			left[key]--
			continue
		}
		kept = append(kept, d)
	}
	return kept
}
