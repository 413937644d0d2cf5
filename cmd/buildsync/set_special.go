package main

import (
	"fmt"
	"os"

	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
)

// specialRequest reads the changes that set no value at a path.
func (in *invocation) specialRequest(r bulk.Request, args []string) (func(*compile.Loaded) (*bulk.Result, error), error) {
	switch {
	case in.On("rename-parameter"):
		return func(w *compile.Loaded) (*bulk.Result, error) { return bulk.RenameParameter(w, r, args[0], args[1]) }, nil
	case in.On("rename-job"):
		return func(w *compile.Loaded) (*bulk.Result, error) { return bulk.RenameJob(w, r, args[0], args[1]) }, nil
	}
	file := in.Text("append-step")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, &failure{exitInvalid, fmt.Errorf("reading the step: %w", err)}
	}
	return func(w *compile.Loaded) (*bulk.Result, error) { return bulk.AppendStep(w, r, text, in.Text("after")) }, nil
}
