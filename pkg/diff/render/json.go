package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// JSON writes the plan document (schemas/plan.schema.json), indented, with what
// acts on a terminal escaped. The same plan gives the same bytes.
func JSON(w io.Writer, plan *diff.Plan) error {
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(plan); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	tree, err := jsontree.Parse(raw.Bytes(), jsontree.Limits{Bytes: maxPlan, Values: maxValues})
	if err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	_, err = w.Write(sanitize.JSON(tree.Indented()))
	return err
}

// Limits of a plan document that is read.
const (
	maxPlan   = 256 << 20
	maxValues = 20_000_000
)

// Read reads a plan document strictly: unknown members, duplicate keys, another
// major version and anything behind the document are errors. What it says is
// only shown and compared; nothing of it is ever sent.
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
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	plan := &diff.Plan{}
	if err := dec.Decode(plan); err != nil {
		return nil, err
	}
	return plan, validate(plan)
}

func checkVersion(tree *jsontree.Value) error {
	version, ok := tree.Get("format_version").AsString()
	switch {
	case !ok:
		return errors.New("format_version is missing; buildsync plan --out FILE writes it")
	case version != diff.FormatVersion:
		return fmt.Errorf("format_version is %.20q, and this version reads %q; make the plan anew", version, diff.FormatVersion)
	}
	return nil
}
