package spec

import "strings"

// Workspace holds buildsync.yaml, with the overrides of the environment
// applied. docs/language.md explains the keys.
type Workspace struct {
	Root        *Node // the file as it is
	Region      string
	Environment string // "" if none was selected
	Definitions []string
	Projects    map[string]Project // by alias
	Default     string             // default_project, an alias
	Vars        map[string]*Node
	JobDefaults *Node // defaults.job, nil where absent
	Secrets     []*Node
	Policy      Policy
	Policies    []string // globs of the files with the organisation's own rules
	Sources     []Source // other repositories
	Modules     *Node    // the path of the workspace's own step modules, nil where absent
	Lint        *Node    // the lint section, nil where absent
}

// Project is an alias of the workspace and the 32-character id it stands for.
type Project struct {
	Alias string
	ID    string
	Pos   Pos
}

// Policy is the workspace's policy section, defaults filled in.
type Policy struct {
	OnRemove        string  // keep, disable or delete; default keep
	MaxRemovals     int     // default 3
	MaxRemovalShare float64 // of the live managed jobs; default 0.25
	Drift           string  // revert or fail; default revert
	Ignore          []Ignore
}

// Ignore names jobs, or fields of jobs, that buildsync leaves alone.
type Ignore struct {
	Job    string   // a glob over job names
	Fields []string // empty: the whole job
	Reason string
	Pos    Pos
}

// IgnoreRules returns the ignored fields of each rule of p for jobs of a name; no fields means the
// whole job.
func (p Policy) IgnoreRules(name string) [][]string {
	var out [][]string
	for _, rule := range p.Ignore {
		if (Names{rule.Job}).Match(name) {
			out = append(out, rule.Fields)
		}
	}
	return out
}

// File is one definitions file.
type File struct {
	Name      string // relative to the workspace, with slashes
	Source    []byte
	Root      *Node
	Jobs      []*Node // entries: jobs, and uses of families
	Families  []*Node
	Fragments []*Node
	Templates []*Node
	Removed   []*Node
}

// Shares reports whether the file declares something for jobs of other files.
func (f *File) Shares() bool { return len(f.Templates)+len(f.Fragments)+len(f.Families) > 0 }

// Set is a loaded workspace: everything that needs no compiling. Files are sorted by name.
type Set struct {
	Tree      Tree
	Workspace *Workspace
	Files     []*File
}

// Tree is the source of a workspace's files: a folder, memory or a Git commit. Names are relative
// to the workspace, with slashes. A Tree never leaves the workspace, not even through links, and
// reads regular files only.
type Tree interface {
	// ReadFile returns a file's bytes, an error for one of more than limit.
	ReadFile(name string, limit int64) ([]byte, error)
	// Glob returns the names that match one of the doublestar patterns, sorted.
	Glob(patterns []string) ([]string, error)
	// Describe names the tree for messages, such as "commit 4f1c2d9".
	Describe() string
}

// Secret placeholders mark the places in a compiled body where apply inserts a value.
const (
	secretPrefix = "<secret "
	secretSuffix = ">"
)

// SecretPlaceholder returns the text for the secret called name in every compiled body that people
// may see.
func SecretPlaceholder(name string) string { return secretPrefix + name + secretSuffix }

const secretLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789"

// PlaceholderSecret returns the name of the secret that a placeholder stands for, "" if text is no
// placeholder.
func PlaceholderSecret(text string) string {
	name, found := strings.CutPrefix(text, secretPrefix)
	name, closed := strings.CutSuffix(name, secretSuffix)
	if !found || !closed || name == "" || name[0] <= '9' || strings.Trim(name, secretLetters) != "" {
		return ""
	}
	return name
}
