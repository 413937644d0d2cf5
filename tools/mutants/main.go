// Mutants changes one condition or operator of a package at a time and runs
// the package's own tests on each change. It prints the changes that no test
// notices, except those that survivors.txt lists with a reason, and ends with
// code 1 if there are any.
//
// A survivor is known by its file, its kind and the text of its line, so that
// lines may move. Entries that match no survivor are named, so that the list
// does not outlive the code.
//
// The files of a package are taken one after the other, and a run that is ended
// has told what it found so far. An argument may be a file as well.
//
//	go -C tools/mutants run . [-root DIR] [-record] PACKAGE|FILE...
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
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
	Killed  int `json:"mutants_killed"`
	Lived   int `json:"mutants_lived"`
	Unknown int `json:"mutants_not_covered"`
}

// patience is how many times as long as the package's tests a change may take before it counts as an
// endless loop. Both are measured on the same machine, so that a busy one takes no change for one. A
// change is also compiled and linked, which takes several times as long as quick tests.
const patience = "40"

// quick makes the tests of one change fast: ten draws from the seed of "make test", no search for a
// smaller failure, and no vet, which "make test" runs. A change that ten draws show is shown by a hundred.
// Results are not cached, since gremlins takes the time of its first run as the measure.
var quick = []string{"GOFLAGS=" + os.Getenv("GOFLAGS") + " -vet=off -count=1", "RAPID_CHECKS=10", "RAPID_SHRINKTIME=0s", "RAPID_NOFAILFILE=true"}

func main() {
	root := flag.String("root", "../..", "the project's root")
	record := flag.Bool("record", false, "print every unlisted survivor as a line for survivors.txt")
	flag.Parse()
	known, err := readSurvivors("survivors.txt")
	if err != nil {
		fatal(err)
	}
	unlisted := 0
	for _, arg := range flag.Args() {
		files, err := sourcesOf(*root, arg)
		if err != nil {
			fatal(err)
		}
		for _, file := range files {
			found, slow, counts, err := survivorsOf(*root, file)
			if err != nil {
				fatal(err)
			}
			for _, s := range found {
				switch {
				case known[s]:
				case *record:
					unlisted++
					fmt.Printf("%s\treason\n", s)
				default:
					unlisted++
					fmt.Printf("%s: no test of its package notices this mutation\n", s)
				}
			}
			fmt.Fprintf(os.Stderr, "%s: %d killed, %d lived, %d without an end, %d not tried: conditions of a case, or no test reaches them\n", file, counts.Killed, counts.Lived, len(slow), counts.Unknown)
			for s := range known {
				if strings.HasPrefix(s, file+"\t") && !slices.Contains(found, s) && !slices.Contains(slow, s) {
					fmt.Fprintf(os.Stderr, "%s: no longer survives: take it out of tools/mutants/survivors.txt\n", s)
				}
			}
		}
	}
	if unlisted > 0 {
		fmt.Fprintf(os.Stderr, "%d survivors are not listed in tools/mutants/survivors.txt: write a test, or list them with a reason\n", unlisted)
		os.Exit(1)
	}
}

// sourcesOf returns the sources of a package, such as ./pkg/jsontree, or the one file that was named.
func sourcesOf(root, arg string) ([]string, error) {
	arg = path.Clean(filepath.ToSlash(arg))
	if path.Ext(arg) == ".go" {
		return []string{arg}, nil
	}
	entries, err := os.ReadDir(filepath.Join(root, arg))
	var files []string
	for _, e := range entries {
		if name := e.Name(); path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			files = append(files, path.Join(arg, name))
		}
	}
	return files, err
}

// survivorsOf runs gremlins on one file. slow has the changes whose tests did not end in time, which
// says nothing.
func survivorsOf(root, name string) (found, slow []string, result outcome, err error) {
	lines, err := readLines(filepath.Join(root, name))
	if err != nil {
		return nil, nil, result, err
	}
	raw, err := unleash(root, name)
	if err != nil {
		return nil, nil, result, fmt.Errorf("mutating %s: %w", name, err)
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return nil, nil, result, err
	}
	for _, file := range result.Files {
		for _, m := range file.Mutations {
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

// unleash runs gremlins on one file and returns its report. It can only be told which files to leave out.
func unleash(root, name string) ([]byte, error) {
	gremlins, err := exec.Command("go", "tool", "-n", "gremlins").Output()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mutants-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	report := filepath.Join(dir, "report.json")
	args := []string{"unleash", "--silent", "--workers", "2", "--timeout-coefficient", patience, "--output", report, "--exclude-files", "/"}
	siblings, err := sourcesOf(root, path.Dir(name))
	if err != nil {
		return nil, err
	}
	for _, s := range siblings {
		if s != name {
			args = append(args, "--exclude-files", "^"+regexp.QuoteMeta(path.Base(s))+"$")
		}
	}
	cmd := exec.Command(strings.TrimSpace(string(gremlins)), append(args, "./"+path.Dir(name))...)
	cmd.Dir, cmd.Stderr, cmd.Env = root, os.Stderr, append(os.Environ(), quick...)
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(report)
	if errors.Is(err, fs.ErrNotExist) { // the file has nothing to change
		return []byte("{}"), nil
	}
	return raw, err
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
