// Systems type-checks all packages of a module, tests included, as other systems
// compile them. It reads the sources, so nothing is compiled: go vet would first
// compile every package, those of the standard library too, for each system.
//
//	go -C tools/systems run . FOLDER GOOS/GOARCH...
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	failed := false
	for _, system := range os.Args[2:] {
		faults, err := check(os.Args[1], system)
		if err != nil {
			faults = append(faults, err.Error())
		}
		for _, fault := range faults {
			failed = true
			fmt.Fprintf(os.Stderr, "%s: %s\n", system, fault)
		}
	}
	if failed {
		os.Exit(1)
	}
}

// check returns what the compiler of a system would refuse in the module in folder.
// It returns an error if the packages cannot be listed, or if there are none.
func check(folder, system string) (faults []string, err error) {
	goos, goarch, _ := strings.Cut(system, "/")
	loaded, err := packages.Load(&packages.Config{
		Mode:  packages.LoadAllSyntax,
		Tests: true,
		Dir:   folder,
		Env:   append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0"),
		ParseFile: func(files *token.FileSet, name string, text []byte) (*ast.File, error) {
			file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
			if file != nil && !strings.HasPrefix(name, folder+string(filepath.Separator)) {
				dropBodies(file)
			}
			return file, err
		},
	}, "./...")
	if err == nil && len(loaded) == 0 {
		err = fmt.Errorf("no packages in %s", folder)
	}
	for _, one := range loaded {
		for _, fault := range one.Errors {
			if strings.HasPrefix(fault.Pos, folder) || fault.Kind == packages.ListError {
				faults = append(faults, fault.Error())
			}
		}
	}
	return faults, err
}

// dropBodies leaves out the bodies of functions: of a package of others only the
// declarations are needed, and a type check of their bodies takes most of the time.
func dropBodies(file *ast.File) {
	for _, declared := range file.Decls {
		if function, ok := declared.(*ast.FuncDecl); ok {
			function.Body = nil
		}
	}
}
