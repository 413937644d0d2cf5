// Package rule compiles and applies the expressions of policies: those of expr-lang over one job.
//
// It promises: an unknown field is an error at compile time; functions depend only on their
// arguments, not on files, clock or environment; work and memory are bounded for every expression.
package rule

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/buildsync/buildsync/pkg/spec"
)

const (
	maxSource   = 4000    // bytes of an expression
	maxNodes    = 500     // of its tree
	maxElements = 100_000 // of lists that it makes
	maxPattern  = 200     // bytes of a regular expression
	maxProgram  = 300     // instructions of a compiled one

	jobBudget = 20_000     // steps of one expression over one job
	runBudget = 50_000_000 // of all expressions over all jobs
	unit      = 4096       // bytes of a job that one step may go through
)

// Budget is the remaining cost for the expressions of one run. It also holds the machine that
// applies them one after the other, so that it is not made again for each job.
type Budget struct {
	left    int
	machine vm.VM
	env     environment
	rule    *Rule // that is being applied
	cost    int   // of one iteration over the job
	spent   int   // on it
}

// NewBudget returns the budget of a run.
func NewBudget() *Budget {
	b := &Budget{left: runBudget, machine: vm.VM{MemoryBudget: maxElements}}
	b.env.Tick = func() bool { return b.spend(b.cost) }
	b.env.Match = func(text string, n int) bool {
		b.spend(1 + len(text)/64)
		return b.rule.patterns[n].MatchString(text)
	}
	return b
}

// spend counts n steps, and stops an expression that takes too many.
func (b *Budget) spend(n int) bool {
	if b.spent += n; b.spent > jobBudget || b.spent > b.left {
		panic(ErrTooCostly)
	}
	return true
}

// Rule is a compiled expression.
type Rule struct {
	program  *vm.Program
	patterns []*regexp.Regexp
}

// Error is a mistake in an expression.
type Error struct {
	Offset  int // in bytes
	End     int // of the word that it is about
	Message string
	Hint    string
}

func (e *Error) Error() string { return e.Message }

// placed extends e to the whole word at its place.
func (e *Error) placed(source string) *Error {
	if strings.HasPrefix(source[e.Offset:], ".") {
		e.Offset++
	}
	e.End = e.Offset
	for e.End < len(source) && (source[e.End] == '_' || source[e.End]|0x20 >= 'a' && source[e.End]|0x20 <= 'z' || source[e.End] >= '0' && source[e.End] <= '9') {
		e.End++
	}
	return e
}

// environment has the names for expressions. Compile itself uses those with __.
type environment struct {
	Job   *Job                          `expr:"job"`
	Tick  func() bool                   `expr:"__tick"`
	Match func(text string, n int) bool `expr:"__match"`
}

// functions are the functions of expr-lang that expressions may call: they depend only on their
// arguments, and their results are not larger.
var functions = []string{
	"all", "any", "none", "one", "filter", "map", "find", "findIndex", "count", "sum", "len", "first", "last", "keys", "values",
	"abs", "ceil", "floor", "round", "int", "float", "min", "max", "duration",
	"trim", "trimPrefix", "trimSuffix", "upper", "lower", "hasPrefix", "hasSuffix", "indexOf", "lastIndexOf", "split",
}

// Compile reads an expression. The error is nil for one that is right.
func Compile(source string) (*Rule, *Error) {
	if len(source) > maxSource {
		return nil, &Error{Message: fmt.Sprintf("the expression has more than %d bytes", maxSource), Hint: "write several policies"}
	}
	if !utf8.ValidString(source) {
		return nil, &Error{Message: "the expression is not UTF-8 text"}
	}
	l := &limiter{}
	options := []expr.Option{
		expr.Env(&environment{}), expr.AsBool(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(),
		expr.Patch(&macros{limiter: l}), expr.Patch(&judge{limiter: l}), expr.Patch(&instrument{limiter: l}),
	}
	for _, name := range functions {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(source, options...)
	if l.err != nil {
		l.err.Offset = byteOffset(source, l.err.Offset)
		return nil, l.err.placed(source)
	}
	if err != nil {
		return nil, explained(source, err).placed(source)
	}
	return &Rule{program, l.patterns}, nil
}

// ErrTooCostly is the error of an expression that takes too many steps.
var ErrTooCostly = errors.New("it takes too many steps")

// Holds applies r to a job.
func (r *Rule) Holds(job *Job, budget *Budget) (held bool, err error) {
	budget.rule, budget.env.Job = r, job
	budget.cost, budget.spent = 1+job.weight()/unit, 0
	out, err := budget.machine.Run(r.program, &budget.env)
	budget.left -= min(max(budget.spent, budget.cost), budget.left)
	if err != nil {
		return false, reason(err)
	}
	held, _ = out.(bool)
	return held, nil
}

// reason explains why an expression could not be applied, without the library's excerpt and without
// values.
func reason(err error) error {
	if errors.Is(err, ErrTooCostly) {
		return ErrTooCostly
	}
	var located *file.Error
	if errors.As(err, &located) {
		text, _, _ := strings.Cut(located.Message, "\n")
		switch {
		case strings.Contains(text, "memory budget"):
			return ErrTooCostly
		case strings.Contains(text, "out of range"):
			return errors.New("an index is out of range")
		case strings.Contains(text, "nil"):
			return errors.New("it reads a field of a value that does not exist")
		}
	}
	return errors.New("one of its operations fails")
}

// explained converts an error of the library to one with a place and a hint.
func explained(source string, err error) *Error {
	var located *file.Error
	if !errors.As(err, &located) {
		return &Error{Message: "the rule must be true or false: " + firstLine(err.Error()), Hint: `compare something, such as job.arch == "arm"`}
	}
	e := &Error{Offset: byteOffset(source, located.From), Message: firstLine(located.Message)}
	if m := unknownField().FindStringSubmatch(e.Message); m != nil {
		kind := strings.TrimPrefix(m[1], "rule.")
		e.Message, e.Hint = fmt.Sprintf("%s has no field %q", ofKind(kind), m[2]), spec.DidYouMeanOneOf(m[2], fieldsOf(kind))
	} else if m := unknownName().FindStringSubmatch(e.Message); m != nil {
		e.Message, e.Hint = fmt.Sprintf("unknown name %q", m[1]), spec.DidYouMeanOneOf(m[1], append([]string{"job"}, functions...))
	}
	if strings.HasPrefix(e.Message, "array elements can only be selected") {
		e.Message, e.Hint = "a list has no field of its own", "write all(x, …), any(x, …) or count(x, …) after it, or first(list)"
	}
	e.Message = strings.ReplaceAll(strings.ReplaceAll(e.Message, "*rule.", ""), "rule.", "")
	return e
}

var (
	unknownField = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`type \*?(rule\.\w+) has no (?:field|method) (\w+)`) })
	unknownName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`unknown name (\w+)`) })
)

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// byteOffset turns an offset in characters into one in bytes.
func byteOffset(text string, runes int) int {
	for i := range text {
		if runes == 0 {
			return i
		}
		runes--
	}
	return len(text)
}

// addPattern compiles a regular expression for __match.
func (l *limiter) addPattern(text string) (int, error) {
	if len(text) > maxPattern {
		return 0, fmt.Errorf("the regular expression has more than %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	if len(program.Inst) > maxProgram {
		return 0, errors.New("the regular expression is too large: its repetitions multiply")
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return 0, err
	}
	l.patterns = append(l.patterns, compiled)
	return len(l.patterns) - 1, nil
}
