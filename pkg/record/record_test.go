package record

import (
	"fmt"
	"strings"
	"testing"
)

const (
	first  = "1111111111111111111111111111111111111111"
	second = "2222222222222222222222222222222222222222"
)

func TestParseRefusesDamage(t *testing.T) {
	t.Parallel()
	good, err := (&Record{Commit: first, Except: map[string]*string{"a": nil}, Found: []string{"b", "b"}}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(good); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "cut": string(good[:len(good)/2]), "another version": `{"version": 2}`, "a commit": `{"version": 1, "commit": "HEAD"}`,
		"an exception": `{"version": 1, "commit": "` + first + `", "except": {"a": "x"}}`, "a member": `{"version": 1, "commit": "` + first + `", "more": 1}`,
		"two": string(good) + string(good),
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s is taken for a record", name)
		}
	}
}

func TestMergeOfTwoShardsIsOneCommit(t *testing.T) {
	t.Parallel()
	old := first
	base := &Record{Commit: first}
	ours := &Record{Commit: second, Except: map[string]*string{"b": &old}}
	theirs := &Record{Commit: second, Except: map[string]*string{"a": &old}}
	got, err := Merge(base, ours, theirs, func(a, b string) (bool, error) { return a > b, nil })
	if err != nil || got.Commit != second || len(got.Except) > 0 {
		t.Errorf("the merge is %+v, %v", got, err)
	}
}

// TestMergeKeepsWhatTheServiceRewrites checks two runs that apply one commit at the same time, of
// which one sees that the service rewrites a field. The merged record has the field, whichever run
// pushes first.
func TestMergeKeepsWhatTheServiceRewrites(t *testing.T) {
	t.Parallel()
	newer := func(a, b string) (bool, error) { return a > b, nil }
	base := &Record{Commit: first}
	seen := &Record{Commit: second, Rewritten: map[string][]string{"a": {"command"}}}
	also := &Record{Commit: second, Rewritten: map[string][]string{"a": {"command", "arch"}}}
	unseen := &Record{Commit: second, Unproven: []string{"a"}}
	for name, test := range map[string]struct {
		ours, theirs *Record
		want         string
	}{
		"ours": {seen, unseen, "[command]"}, "theirs": {unseen, seen, "[command]"},
		"both": {seen, also, "[arch command]"}, "both, the other way": {also, seen, "[arch command]"},
		"a later commit": {seen, &Record{Commit: "3" + second[1:]}, "[]"},
	} {
		got, err := Merge(base, test.ours, test.theirs, newer)
		if err != nil || fmt.Sprint(got.Rewritten["a"]) != test.want {
			t.Errorf("%s: the merge is %+v, %v, want %s", name, got, err, test.want)
		}
	}
}

func TestRefsOfScopesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]Scope{}
	for _, s := range []Scope{
		{Endpoint: "https://h"}, {Endpoint: "https://h:444"}, {Endpoint: "https://h", Environment: "prod"}, {Endpoint: "https://h", Folder: "ci"},
		{Endpoint: "https://h", Folder: "ci/x"}, {Endpoint: "emulator", Private: true}, {Endpoint: "https://h", Environment: "a..b"}, {Endpoint: "https://h", Folder: "x.lock"},
	} {
		ref := s.Ref()
		if other, twice := seen[ref]; twice || strings.Contains(ref, "..") || strings.HasSuffix(ref, ".lock") {
			t.Errorf("%+v has the ref %s, as %+v", s, ref, other)
		}
		seen[ref] = s
	}
	if a, b := (Scope{Endpoint: "https://H:443/"}).Ref(), (Scope{Endpoint: "https://h"}).Ref(); a != b {
		t.Errorf("one endpoint has the refs %s and %s", a, b)
	}
}
