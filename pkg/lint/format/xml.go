package format

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"io"

	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// jUnit writes ds as JUnit XML: a suite for each file, a failed case for each finding that fails
// the run, a passed case with output for the others. Without findings it writes one passed case,
// because readers refuse an empty report.
func jUnit(w io.Writer, ds spec.Diagnostics, opts Options) error {
	var all junitSuites
	for i := range ds {
		d := &ds[i]
		file := neutral(sanitize.Line(opts.path(fileOf(d)), maxName))
		if last := len(all.Suites) - 1; last < 0 || all.Suites[last].Name != file {
			all.Suites = append(all.Suites, junitSuite{Name: file})
		}
		suite := &all.Suites[len(all.Suites)-1]
		test := junitCase{Name: sanitize.Line(ruleName(d), maxName) + " at " + opts.place(placeOf(d)), Class: file, File: file, Line: d.Range.Start.Line}
		if d.Severity < cmp.Or(opts.FailOn, spec.Error) {
			test.Output = d.Severity.String() + ": " + withHint(d)
		} else {
			test.Failure = &junitFailure{Message: withHint(d), Type: d.Severity.String(), Text: opts.place(placeOf(d)) + ": " + withHint(d)}
			suite.Failures++
			all.Failures++
		}
		suite.Cases = append(suite.Cases, test)
		suite.Tests++
		all.Tests++
	}
	if all.Tests == 0 {
		all.Tests = 1
		all.Suites = []junitSuite{{Name: "buildsync lint", Tests: 1, Cases: []junitCase{{Name: "no findings", Class: "buildsync lint"}}}}
	}
	return writeXML(w, all)
}

type checkstyle struct {
	XMLName xml.Name         `xml:"checkstyle"`
	Version string           `xml:"version,attr"`
	Files   []checkstyleFile `xml:"file"`
}

type checkstyleFile struct {
	Name   string            `xml:"name,attr"`
	Errors []checkstyleError `xml:"error"`
}

type checkstyleError struct {
	Line     int    `xml:"line,attr"`
	Column   int    `xml:"column,attr,omitempty"`
	Severity string `xml:"severity,attr"`
	Message  string `xml:"message,attr"`
	Source   string `xml:"source,attr"`
}

// writeCheckstyle writes ds in the XML that Checkstyle made common.
func writeCheckstyle(w io.Writer, ds spec.Diagnostics, opts Options) error {
	report := checkstyle{Version: "4.3"}
	for i := range ds {
		d := &ds[i]
		file := neutral(sanitize.Line(opts.path(fileOf(d)), maxName))
		if last := len(report.Files) - 1; last < 0 || report.Files[last].Name != file {
			report.Files = append(report.Files, checkstyleFile{Name: file})
		}
		last := &report.Files[len(report.Files)-1]
		last.Errors = append(last.Errors, checkstyleError{
			Line: max(1, d.Range.Start.Line), Column: d.Range.Start.Column, Severity: d.Severity.String(),
			Message: withHint(d), Source: "buildsync." + sanitize.Line(ruleName(d), maxName),
		})
	}
	return writeXML(w, report)
}

func fileOf(d *spec.Diagnostic) string {
	if d.Range.Start.IsValid() {
		return d.Range.Start.File
	}
	return workspaceFile
}

func placeOf(d *spec.Diagnostic) spec.Pos {
	if d.Range.Start.IsValid() {
		return d.Range.Start
	}
	return spec.Pos{File: workspaceFile}
}

func writeXML(w io.Writer, v any) error {
	var buf bytes.Buffer
	buf.WriteString(xml.Header)
	encoder := xml.NewEncoder(&buf)
	encoder.Indent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err // a broken invariant: the structs of this package always encode
	}
	buf.WriteByte('\n')
	_, err := w.Write(buf.Bytes())
	return err
}
