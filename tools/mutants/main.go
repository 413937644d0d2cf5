// Mutants changes one condition or operator of a package at a time and runs
// the package's own tests on each change. It prints the changes that no test
// notices, except those that survivors.txt lists with a reason, and ends with
// code 1 if there are any.
//
// A survivor is known by its file, its kind and the text of its line, so that
// lines may move. Entries that match no survivor are named, so that the list
// does not outlive the code.
//
//	go -C tools/mutants run . [-root DIR] [-record] PACKAGE...
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// outcome is the part of gremlins' JSON report that this program reads.
type outcome struct {
	Files []struct {
		Name      string `json:"file_name"`
		Mutations []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
			Line   int    `json:"line"`
		} `json:"mutations"`
	} `json:"files"`
	Killed int `json:"mutants_killed"`
	Lived  int `json:"mutants_lived"`
}

// patience is how many times as long as the package's tests a change may take: on a busy machine a
// change that lives must not look like an endless loop.
const patience = "20"

func main() {
	root := flag.String("root", "../..", "the project's root")
	record := flag.Bool("record", false, "print every unlisted survivor as a line for survivors.txt")
	flag.Parse()
	known, err := readSurvivors("survivors.txt")
	if err != nil {
		fatal(err)
	}
	unlisted, listed := 0, map[string]bool{}
	for _, pkg := range flag.Args() {
		found, slow, counts, err := survivorsOf(*root, pkg)
		if err != nil {
			fatal(err)
		}
		for _, s := range found {
			if known[s] {
				listed[s] = true
				continue
			}
			unlisted++
			if *record {
				fmt.Printf("%s\treason\n", s)
			} else {
				fmt.Printf("%s: no test of %s notices this mutation\n", s, pkg)
			}
		}
		fmt.Fprintf(os.Stderr, "%s: %d killed, %d lived, %d without an end\n", pkg, counts.Killed, counts.Lived, len(slow))
		for s := range known {
			if file, _, _ := strings.Cut(s, "\t"); path.Dir(file) == path.Clean(filepath.ToSlash(pkg)) && !listed[s] && !slices.Contains(slow, s) {
				fmt.Fprintf(os.Stderr, "%s: no longer survives: take it out of tools/mutants/survivors.txt\n", s)
			}
		}
	}
	if unlisted > 0 {
		fmt.Fprintf(os.Stderr, "%d survivors are not listed in tools/mutants/survivors.txt: write a test, or list them with a reason\n", unlisted)
		os.Exit(1)
	}
}

// survivorsOf runs gremlins on one package, such as ./pkg/jsontree. slow has the changes whose tests
// did not end in time, which says nothing.
func survivorsOf(root, pkg string) (found, slow []string, result outcome, err error) {
	dir, err := os.MkdirTemp("", "mutants-*")
	if err != nil {
		return nil, nil, result, err
	}
	defer os.RemoveAll(dir)
	gremlins, err := exec.Command("go", "tool", "-n", "gremlins").Output()
	if err != nil {
		return nil, nil, result, fmt.Errorf("building gremlins: %w", err)
	}
	report := filepath.Join(dir, "report.json")
	cmd := exec.Command(strings.TrimSpace(string(gremlins)), "unleash", "--silent", "--workers", "2", "--timeout-coefficient", patience, "--output", report, pkg)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, nil, result, fmt.Errorf("mutating %s: %w", pkg, err)
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		return nil, nil, result, err
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return nil, nil, result, err
	}
	for _, file := range result.Files {
		name := filepath.ToSlash(filepath.Join(pkg, file.Name))
		lines, err := readLines(filepath.Join(root, name))
		if err != nil {
			return nil, nil, result, err
		}
		for _, m := range file.Mutations {
			if m.Line > len(lines) {
				continue
			}
			switch change := name + "\t" + m.Type + "\t" + strings.TrimSpace(lines[m.Line-1]); m.Status {
			case "LIVED":
				found = append(found, change)
			case "TIMED OUT":
				slow = append(slow, change)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), slow, result, nil
}

// readSurvivors reads lines of file, kind, source line and reason, separated
// by tabs. A line without a reason is an error.
func readSurvivors(name string) (map[string]bool, error) {
	lines, err := readLines(name)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(lines))
	for i, line := range lines {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 4 || fields[3] == "" {
			return nil, fmt.Errorf("%s:%d: want file, kind, source line and reason, separated by tabs", name, i+1)
		}
		known[strings.Join(fields[:3], "\t")] = true
	}
	return known, nil
}

func readLines(name string) ([]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var lines []string
	scan := bufio.NewScanner(file)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		lines = append(lines, scan.Text())
	}
	return lines, scan.Err()
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "mutants:", err)
	os.Exit(2)
}
