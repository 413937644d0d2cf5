package apply

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Resolver returns the values of declared secrets.
type Resolver interface {
	// Resolve returns the value of the secret called name, or ErrNoSecret if there is none. Errors
	// must not contain the value.
	Resolve(name string) (string, error)
}

// Hiding is a Resolver that hides each value that it returns from all later messages.
type Hiding struct {
	Resolver
	Hide func(values ...string)
}

// Resolve implements Resolver.
func (h Hiding) Resolve(name string) (string, error) {
	value, err := h.Resolver.Resolve(name)
	if err == nil {
		h.Hide(value)
	}
	return value, err
}

// ErrNoSecret means that a secret has no value here.
var ErrNoSecret = errors.New("no value was given")

// secretLimit is the longest value: a parameter's default value, of four
// bytes a character.
const secretLimit = 4 * wire.MaxDefault

// EnvSecrets resolves secrets from BUILDSYNC_SECRET_<NAME> and from a file of that name in Dir. CI
// systems set missing secrets to the empty text, so an empty or blank variable counts as missing; a
// file may then provide the value.
type EnvSecrets struct {
	LookupEnv  func(key string) (string, bool)
	Dir        string // "": no files
	AllowEmpty bool   // an empty value is intended
}

// SecretEnvPrefix begins the name of a secret's variable.
const SecretEnvPrefix = "BUILDSYNC_SECRET_"

var secretName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_.-]+$`) })

// Resolve implements Resolver. It removes one line break at the end of a variable or file, and a
// byte order mark at the beginning, which editors add. A value that is not a text, or is in place
// of a secret, is an error.
func (e EnvSecrets) Resolve(name string) (string, error) {
	value, given := e.LookupEnv(SecretEnvPrefix + name)
	if value = withoutEnds(value); given && (e.AllowEmpty || !isBlank(value)) {
		return value, checkSecret(name, value)
	}
	if e.Dir == "" || !secretName().MatchString(name) || strings.Trim(name, ".") == "" {
		return "", ErrNoSecret
	}
	value, err := readSecretFile(e.Dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && isBlank(value) && !e.AllowEmpty:
		return "", ErrNoSecret
	case err != nil:
		return "", err
	}
	return value, checkSecret(name, value)
}

func isBlank(value string) bool {
	return strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }) == ""
}

func withoutEnds(value string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(value, "\ufeff"), "\n"), "\r")
}

// checkSecret refuses a value that cannot be the secret.
func checkSecret(name, value string) error {
	switch {
	case !utf8.ValidString(value):
		return errors.New("its value is not UTF-8 text")
	case len(value) > secretLimit:
		return fmt.Errorf("its value has more than %d bytes", secretLimit)
	case strings.Contains(value, "\x00"):
		return errors.New("its value has a NUL byte, as UTF-16 text has; save it as UTF-8")
	case utf8.RuneCountInString(value) >= 3 && strings.Trim(value, "*•●") == "":
		return errors.New("its value is a mask, not the secret")
	case value == spec.SecretPlaceholder(name):
		return errors.New("its value is the placeholder that compile prints, not the secret")
	}
	return nil
}

// readSecretFile reads a regular file in dir. Other files are not opened, since a FIFO would block
// for ever.
func readSecretFile(dir, name string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if entry, at := root.Lstat(name); err != nil && at == nil && entry.Mode()&fs.ModeSymlink != 0 && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the secret's file %q is a link that leads out of the folder", name)
	}
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("the secret's file %q is not a regular file", name)
	}
	file, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, secretLimit+3))
	if err != nil {
		return "", err
	}
	return withoutEnds(string(data)), nil
}

// MissingSecret is a secret without a value and the objects that need it.
type MissingSecret struct {
	Name      string
	Addresses []string
	Err       error
}

// MissingSecretsError reports secrets without a value that a plan needs. Nothing was written.
type MissingSecretsError struct{ Missing []MissingSecret }

func (e *MissingSecretsError) Error() string {
	var text strings.Builder
	text.WriteString("secrets are missing; nothing was written")
	for _, m := range e.Missing {
		fmt.Fprintf(&text, "\n  %s: %v; needed by %s", m.Name, m.Err, strings.Join(m.Addresses, ", "))
	}
	text.WriteString("\nGive each as " + string(remedy.SupplySecrets))
	return text.String()
}

// secretValues are the resolved values by name.
type secretValues map[string]string

// MarkMissing marks in a plan which of its secrets have no value with resolver.
func MarkMissing(plan *diff.Plan, resolver Resolver) {
	for i := range plan.Needs {
		_, err := resolver.Resolve(plan.Needs[i].Secret)
		plan.Needs[i].Missing = err != nil
	}
}

// CheckSecrets returns a *MissingSecretsError if a secret that the plan needs has no value with
// resolver. Run makes the same check; callers that ask for approval first use this.
func CheckSecrets(plan *diff.Plan, resolver Resolver) error {
	if _, missing := resolveNeeds(plan, resolver); len(missing) > 0 {
		return &MissingSecretsError{missing}
	}
	return nil
}

// resolveNeeds resolves what the plan needs. Without a resolver nothing has a value.
func resolveNeeds(plan *diff.Plan, resolver Resolver) (values secretValues, missing []MissingSecret) {
	values = secretValues{}
	for _, need := range plan.Needs {
		value, err := "", ErrNoSecret
		if resolver != nil {
			value, err = resolver.Resolve(need.Secret)
		}
		if err != nil {
			missing = append(missing, MissingSecret{Name: need.Secret, Addresses: need.Addresses, Err: err})
			continue
		}
		values[need.Secret] = value
	}
	return values, missing
}

// resolveSecrets resolves the plan's secrets once, before the first write. It returns a
// *MissingSecretsError if a value is missing, unless jobs with missing secrets are skipped.
func (r *run) resolveSecrets() error {
	values, missing := resolveNeeds(r.plan, r.opts.Secrets)
	r.secrets = values
	if len(missing) > 0 && !r.opts.SkipMissingSecrets {
		return &MissingSecretsError{missing}
	}
	for _, m := range missing {
		r.warn("secret %s: %v; not written without it: %s", m.Name, m.Err, strings.Join(m.Addresses, ", "))
	}
	return nil
}

// fill returns the body to send: the desired one with the values of its secrets. It refuses a body
// in which a secret is missing or would be sent as read, since sending a mask destroys the stored
// value.
func (v secretValues) fill(change *diff.Change) (*jsontree.Value, error) {
	body := change.DesiredBody()
	uses := map[string]compile.SecretUse{}
	var missing []string
	for _, use := range change.Want.Secrets {
		uses[use.Parameter] = use
		if _, ok := v[use.Secret]; !ok && !slices.Contains(missing, use.Secret) {
			missing = append(missing, use.Secret)
		}
	}
	if len(missing) > 0 {
		return nil, missingSecret(strings.Join(missing, ", "), missing[0])
	}
	declared := parametersByName(change.Want.Body())
	for name, parameter := range parametersByName(body) {
		field := parameter.Field(wire.ParamDefaultValue)
		use, isSecret := uses[name]
		switch {
		case isSecret && field != nil && field.Str(wire.KeyValue) == spec.SecretPlaceholder(use.Secret):
			field.Set(wire.KeyValue, jsontree.String(v[use.Secret]))
		case isSecret:
			return nil, fmt.Errorf("parameter %q has no place for its secret; this is a bug in buildsync", name)
		case parameter.IsSensitive() && declared[name].Field(wire.ParamDefaultValue) == nil:
			return nil, fmt.Errorf("parameter %q is a secret whose stored value cannot be read back, "+
				"and replacing the job would destroy it; declare it with secret: NAME", name)
		}
	}
	return body, nil
}

// fillNotice replaces a channel's configuration by its secret's value.
func (v secretValues) fillNotice(notice *diff.NoticeChange) error {
	secret := notice.Want.Secret
	if secret == "" {
		return nil
	}
	value, ok := v[secret]
	if !ok {
		return missingSecret(secret, secret)
	}
	notice.Want.ParamConfig = &value
	return nil
}

// missingSecret returns the error for secrets without a value, with how to provide the first.
func missingSecret(names, first string) error {
	return fmt.Errorf("it needs the secret %s; set %s, or put a file of that name into the secrets folder", names, SecretEnvPrefix+first)
}

// mustWrite reports whether the plan writes a secret again. Secrets cannot be
// compared, so such an update is sent even if nothing else differs.
func mustWrite(change *diff.Change) bool {
	return slices.ContainsFunc(change.Fields, func(f diff.Field) bool { return f.Sensitive })
}

// parametersByName returns a body's build parameters (reference 4.18).
func parametersByName(body *jsontree.Value) map[string]wire.Parameter {
	out := map[string]wire.Parameter{}
	for _, parameter := range wire.ParametersOf(body) {
		if parameter.Field(wire.ParamName) != nil {
			out[parameter.Name()] = parameter
		}
	}
	return out
}
