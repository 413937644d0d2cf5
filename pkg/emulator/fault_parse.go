package emulator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseFault reads a fault from a command line: OP:KEY=VALUE,KEY=VALUE with the JSON names of
// Fault's members as keys; OP may be empty or *. reset-before, reset-after, silence-after and
// status-after are kinds that include the commit. A value cannot contain a comma.
func ParseFault(text string) (Fault, error) {
	op, rest, found := strings.Cut(text, ":")
	if !found {
		return Fault{}, fmt.Errorf("fault %q: write it as OP:KEY=VALUE,…, such as CreateJob:kind=reset-after", text)
	}
	f := Fault{}
	if op != "*" {
		f.Op = op
	}
	for pair := range strings.SplitSeq(rest, ",") {
		key, value, found := strings.Cut(pair, "=")
		if !found {
			return Fault{}, fmt.Errorf("fault %q: %q is not KEY=VALUE", text, pair)
		}
		if err := f.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %w", text, err)
		}
	}
	if f.Kind == "" && f.Status != 0 {
		f.Kind = FaultStatus
	}
	return f, f.check()
}

func (f *Fault) set(key, value string) error {
	texts := map[string]*string{
		"method": &f.Method, "path": &f.Path, "code": &f.Code, "message": &f.Message, "shape": &f.Shape,
		"body": &f.Body, "request_body": &f.Holds, "retry_after": &f.RetryAfter, "location": &f.Location,
	}
	numbers := map[string]*int{"nth": &f.Nth, "times": &f.Times, "status": &f.Status, "cut": &f.Cut}
	var err error
	switch {
	case texts[key] != nil:
		*texts[key] = value
	case numbers[key] != nil:
		*numbers[key], err = strconv.Atoi(value)
	case key == "delay":
		f.Delay, err = time.ParseDuration(value)
	case key == "commit":
		f.Commit = Commit(value)
	case key == "kind":
		kind, when, _ := strings.Cut(value, "-")
		switch when {
		case "after":
			f.Kind, f.Commit = FaultKind(kind), CommitFirst
		case "before":
			f.Kind, f.Commit = FaultKind(kind), CommitNever
		default:
			f.Kind = FaultKind(value)
		}
	default:
		return fmt.Errorf("unknown key %q; known: kind, commit, nth, times, status, code, message, shape, body, "+
			"request_body, retry_after, location, delay, cut, method and path", key)
	}
	if err != nil {
		return fmt.Errorf("%s: %q is not a value for it", key, value)
	}
	return nil
}

// ParseFaults reads a fault or a list of faults in JSON, from a file or the control address. The
// error names the position in the list.
func ParseFaults(data []byte) ([]Fault, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		if !json.Valid(data) {
			return nil, fmt.Errorf("a fault or a list of faults in JSON was expected: %w", err)
		}
		list = []json.RawMessage{data}
	}
	faults := make([]Fault, len(list))
	for i, one := range list {
		err := json.Unmarshal(one, &faults[i])
		if err == nil {
			err = faults[i].check()
		}
		if err != nil && len(list) > 1 {
			return nil, fmt.Errorf("fault %d of %d: %w", i+1, len(list), err)
		}
		if err != nil {
			return nil, err
		}
	}
	return faults, nil
}
