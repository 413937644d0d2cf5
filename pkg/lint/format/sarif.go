package format

import (
	"io"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/spec"
)

// The members of SARIF 2.1.0 that buildsync fills (OASIS, errata 01).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string     `json:"id"`
		ShortDescription *sarifText `json:"shortDescription,omitempty"`
		FullDescription  *sarifText `json:"fullDescription,omitempty"`
		HelpURI          string     `json:"helpUri,omitempty"`
		Help             *sarifHelp `json:"help,omitempty"`
	}
	sarifHelp struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             sarifText         `json:"message"`
		Locations           []sarifLocation   `json:"locations,omitempty"`
		RelatedLocations    []sarifLocation   `json:"relatedLocations,omitempty"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
		Fixes               []sarifFix        `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		PhysicalLocation *sarifPhysical `json:"physicalLocation,omitempty"`
		LogicalLocations []sarifLogical `json:"logicalLocations,omitempty"`
		Message          *sarifText     `json:"message,omitempty"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifFix struct {
		Description     sarifText             `json:"description"`
		ArtifactChanges []sarifArtifactChange `json:"artifactChanges"`
	}
	sarifArtifactChange struct {
		ArtifactLocation sarifArtifact      `json:"artifactLocation"`
		Replacements     []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		DeletedRegion   sarifBytes `json:"deletedRegion"`
		InsertedContent sarifText  `json:"insertedContent"`
	}
	sarifBytes struct {
		ByteOffset int `json:"byteOffset"`
		ByteLength int `json:"byteLength"`
	}
)

// sarif writes ds as a SARIF 2.1.0 log.
func sarif(w io.Writer, ds spec.Diagnostics, opts Options) error {
	rules, index := sarifRules(ds, &opts)
	var marks fingerprints
	results := make([]sarifResult, 0, len(ds))
	for i := range ds {
		d := &ds[i]
		result := sarifResult{
			RuleID: ruleName(d), RuleIndex: index[ruleName(d)], Level: sarifLevel(d.Severity), Message: sarifText{plainWithHint(d)},
			PartialFingerprints: map[string]string{"buildsync/v1": marks.of(d)},
		}
		if at := sarifPlace(d.Range, &opts); at != nil {
			location := sarifLocation{PhysicalLocation: at}
			if d.Pointer != "" {
				location.LogicalLocations = []sarifLogical{{secret.Redact(d.Pointer)}}
			}
			result.Locations = []sarifLocation{location}
		}
		for _, r := range d.Related {
			if at := sarifPlace(r.Range, &opts); at != nil {
				result.RelatedLocations = append(result.RelatedLocations, sarifLocation{PhysicalLocation: at, Message: &sarifText{secret.Redact(r.Message)}})
			}
		}
		for _, f := range d.Fixes {
			result.Fixes = append(result.Fixes, sarifFixOf(f, &opts))
		}
		results = append(results, result)
	}
	return writeJSON(w, sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{
			Tool:       sarifTool{sarifDriver{Name: "buildsync", Version: opts.Version, InformationURI: homepage, Rules: rules}},
			ColumnKind: "unicodeCodePoints",
			Results:    results,
		}},
	})
}

// sarifRules lists the rules in ds, sorted, with their indexes.
func sarifRules(ds spec.Diagnostics, opts *Options) ([]sarifRule, map[string]int) {
	index := map[string]int{}
	for i := range ds {
		index[ruleName(&ds[i])] = 0
	}
	rules := make([]sarifRule, 0, len(index))
	for name := range index {
		rule := sarifRule{ID: name, HelpURI: homepage + "/blob/main/docs/rules/" + uri(name) + ".md"}
		if strings.HasPrefix(name, "policy/") {
			rule.HelpURI = homepage + "/blob/main/docs/policies.md"
		}
		if opts.Summary != nil {
			if summary := opts.Summary(name); summary != "" {
				rule.describe(summary, opts)
			} else {
				rule.HelpURI = "" // not a rule of the linter
			}
		}
		rules = append(rules, rule)
	}
	slices.SortFunc(rules, func(a, b sarifRule) int { return strings.Compare(a.ID, b.ID) })
	for i := range rules {
		index[rules[i].ID] = i
	}
	return rules, index
}

// describe fills in what a code host shows beside a finding. Without help, hosts show that there is
// none.
func (r *sarifRule) describe(summary string, opts *Options) {
	full := summary + "."
	if opts.Why != nil {
		if why := opts.Why(r.ID); why != "" {
			full += " " + why
		}
	}
	r.ShortDescription, r.FullDescription = &sarifText{summary}, &sarifText{full}
	r.Help = &sarifHelp{Text: full + " More with examples: " + r.HelpURI, Markdown: full + "\n\n[" + r.ID + " with examples](" + r.HelpURI + ")"}
}

func sarifPlace(r spec.Range, opts *Options) *sarifPhysical {
	if !r.Start.IsValid() {
		return nil
	}
	at := &sarifPhysical{ArtifactLocation: sarifArtifact{uri(opts.path(r.Start.File))}}
	if r.Start.Line > 0 {
		at.Region = &sarifRegion{StartLine: r.Start.Line, StartColumn: r.Start.Column, EndLine: r.End.Line, EndColumn: r.End.Column}
	}
	return at
}

func sarifFixOf(f spec.Fix, opts *Options) sarifFix {
	fix := sarifFix{Description: sarifText{f.Message}}
	for _, e := range f.Edits {
		file := sarifArtifact{uri(opts.path(e.File))}
		replacement := sarifReplacement{sarifBytes{e.Start, e.End - e.Start}, sarifText{e.New}}
		if last := len(fix.ArtifactChanges) - 1; last >= 0 && fix.ArtifactChanges[last].ArtifactLocation == file {
			fix.ArtifactChanges[last].Replacements = append(fix.ArtifactChanges[last].Replacements, replacement)
			continue
		}
		fix.ArtifactChanges = append(fix.ArtifactChanges, sarifArtifactChange{file, []sarifReplacement{replacement}})
	}
	return fix
}

func sarifLevel(s spec.Severity) string {
	switch s {
	case spec.Error:
		return "error"
	case spec.Warning:
		return "warning"
	}
	return "note"
}

// ruleName returns the rule of d, or a general name.
func ruleName(d *spec.Diagnostic) string {
	if d.Rule == "" {
		return "buildsync"
	}
	return d.Rule
}

func plainWithHint(d *spec.Diagnostic) string {
	text := d.Message
	if d.Hint != "" {
		text += "; " + d.Hint
	}
	if owners := ownersOf(d); owners != "" {
		text += "; " + owners
	}
	return secret.Redact(text)
}

// uri writes a file's name as a relative URI reference: everything but
// unreserved characters and slashes is percent-encoded, so no name turns into a
// scheme, a query or a host.
func uri(file string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(file) {
		c := file[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			out.WriteByte(c)
		default:
			out.WriteByte('%')
			out.WriteByte(digits[c>>4])
			out.WriteByte(digits[c&15])
		}
	}
	return out.String()
}
