package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// JSON writes the plan document (schemas/plan.schema.json), indented, with terminal control
// characters escaped. The same plan gives the same bytes.
func JSON(w io.Writer, plan *diff.Plan) error {
	document := *plan
	document.Groups = groupsOf(plan)
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&document); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	tree, err := jsontree.Parse(raw.Bytes(), jsontree.Limits{Bytes: maxPlan, Values: maxValues})
	if err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	tree.Set(keyChecksum, jsontree.String(checksum(tree)))
	_, err = w.Write(sanitize.JSON(tree.Indented()))
	return err
}

// Limits of a plan document that is read.
const (
	maxPlan   = 256 << 20
	maxValues = 20_000_000
)

// Read reads a plan document strictly: unknown members, duplicate keys, another major version and
// trailing content are errors. The content is only shown and compared, never sent.
func Read(r io.Reader) (*diff.Plan, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPlan+1))
	if err != nil {
		return nil, err
	}
	tree, err := jsontree.Parse(data, jsontree.Limits{Bytes: maxPlan, Values: maxValues})
	if err != nil {
		return nil, err
	}
	if err := checkVersion(tree); err != nil {
		return nil, err
	}
	if err := verifyChecksum(tree); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if version, _ := tree.Get("format_version").AsString(); !isNewer(version) {
		dec.DisallowUnknownFields() // a newer minor version may add members
	}
	plan := &diff.Plan{}
	if err := dec.Decode(plan); err != nil {
		return nil, err
	}
	return plan, validate(plan)
}

const keyChecksum = "checksum"

// ErrAltered says that a stored plan was changed after it was made.
var ErrAltered = errors.New("it was changed after it was made: its checksum does not match its content")

// checksum covers the document as written, without the checksum member.
func checksum(tree *jsontree.Value) string {
	content := tree.Clone()
	content.Delete(keyChecksum)
	sum := sha256.Sum256(content.AppendJSON(nil))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// verifyChecksum returns ErrAltered if the content of a document was changed. Documents of version
// 1.0 have no checksum; Intact checks their plan id.
func verifyChecksum(tree *jsontree.Value) error {
	version, _ := tree.Get("format_version").AsString()
	said, has := tree.Get(keyChecksum).AsString()
	if version == "1.0" && !has {
		return nil
	}
	if said != checksum(tree) {
		return ErrAltered
	}
	return nil
}

// checkVersion accepts every minor version of the major version that this
// program writes: minor versions only add members.
func checkVersion(tree *jsontree.Value) error {
	version, ok := tree.Get("format_version").AsString()
	major, _, _ := strings.Cut(diff.FormatVersion, ".")
	switch {
	case !ok:
		return errors.New("format_version is missing; buildsync plan --out FILE writes it")
	case !formatVersion().MatchString(version) || !strings.HasPrefix(version, major+"."):
		return fmt.Errorf("format_version is %.20q, and this version reads %s.x; make the plan again", version, major)
	}
	return nil
}

var formatVersion = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{1,4}\.[0-9]{1,4}$`) })

// isNewer reports whether a document of that version may have members that this program does not
// know.
func isNewer(version string) bool {
	_, minor, _ := strings.Cut(version, ".")
	_, ours, _ := strings.Cut(diff.FormatVersion, ".")
	have, _ := strconv.Atoi(minor)
	known, _ := strconv.Atoi(ours)
	return have > known
}
