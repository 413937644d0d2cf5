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

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Resolver gives a declared secret its value.
type Resolver interface {
	// Resolve returns the value of the secret called name. ErrNoSecret says that
	// there is none. No error may hold the value.
	Resolve(name string) (string, error)
}

// ErrNoSecret says that a secret has no value here.
var ErrNoSecret = errors.New("no value was given")

// secretLimit is the longest value: a parameter's default value has at most
// 8,192 characters (reference 4.18), of four bytes each.
const secretLimit = 4 * 8192

// EnvSecrets resolves secrets from BUILDSYNC_SECRET_<NAME> and, where that is
// not set, from a file of that name in Dir.
type EnvSecrets struct {
	LookupEnv func(key string) (string, bool)
	Dir       string // "": no files
}

// SecretEnvPrefix stands before a secret's name in the environment.
const SecretEnvPrefix = "BUILDSYNC_SECRET_"

var secretName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// Resolve implements Resolver. One line break at the end of a file is not part
// of the value.
func (e EnvSecrets) Resolve(name string) (string, error) {
	if value, ok := e.LookupEnv(SecretEnvPrefix + name); ok {
		return value, nil
	}
	if e.Dir == "" || !secretName.MatchString(name) || strings.Trim(name, ".") == "" {
		return "", ErrNoSecret
	}
	value, err := readSecretFile(e.Dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoSecret
	}
	return value, err
}

// readSecretFile reads a regular file within dir. It does not open anything
// else, since a FIFO would block for ever.
func readSecretFile(dir, name string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	info, err := root.Stat(name)
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
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if len(value) > secretLimit {
		return "", fmt.Errorf("the secret's file %q has more than %d bytes", name, secretLimit)
	}
	return value, nil
}

// MissingSecret is a secret without a value and the objects that need it.
type MissingSecret struct {
	Name      string
	Addresses []string
	Err       error
}

// MissingSecrets returns every secret that carrying out plan needs and resolver
// has no value for, so that all can be listed together before the first write.
func MissingSecrets(plan *diff.Plan, resolver Resolver) []MissingSecret {
	_, missing := resolveSecrets(plan, resolver)
	return missing
}

// secretValues are the resolved values by name.
type secretValues map[string]string

// writesBody tells whether a change sends a job's whole body.
func writesBody(change *diff.Change) bool {
	return change.Kind == diff.KindJob && change.Want != nil &&
		(slices.Contains(change.Actions, diff.ActionCreate) || slices.Contains(change.Actions, diff.ActionUpdate))
}

func resolveSecrets(plan *diff.Plan, resolver Resolver) (secretValues, []MissingSecret) {
	values := secretValues{}
	var missing []MissingSecret
	for i := range plan.Changes {
		change := &plan.Changes[i]
		if !writesBody(change) {
			continue
		}
		for _, use := range change.Want.Secrets {
			if _, known := values[use.Secret]; known {
				continue
			}
			if at := slices.IndexFunc(missing, func(m MissingSecret) bool { return m.Name == use.Secret }); at >= 0 {
				if !slices.Contains(missing[at].Addresses, change.Address) {
					missing[at].Addresses = append(missing[at].Addresses, change.Address)
				}
				continue
			}
			value, err := "", ErrNoSecret
			if resolver != nil {
				value, err = resolver.Resolve(use.Secret)
			}
			if err != nil {
				missing = append(missing, MissingSecret{Name: use.Secret, Addresses: []string{change.Address}, Err: err})
				continue
			}
			values[use.Secret] = value
		}
	}
	return values, missing
}

// resolveSecrets resolves what the plan needs once, before the first write.
func (r *run) resolveSecrets() {
	values, missing := resolveSecrets(r.plan, r.opts.Secrets)
	r.secrets = values
	for _, m := range missing {
		r.warn("secret %s: %v; not written without it: %s", m.Name, m.Err, strings.Join(m.Addresses, ", "))
	}
}

// fill returns the body to send: the desired one with the values of its secrets.
// It refuses a body in which a secret would be missing or would be sent as it
// was read, since a replacement with a mask destroys the stored value (A5).
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
		return nil, fmt.Errorf("it needs the secret %s; set %s, or put a file of that name into the secrets folder",
			strings.Join(missing, ", "), SecretEnvPrefix+missing[0])
	}
	declared := parametersByName(change.Want.Unpacked().Body)
	for name, parameter := range parametersByName(body) {
		field := parameterField(parameter, wire.ParamDefaultValue)
		use, isSecret := uses[name]
		switch {
		case isSecret && field != nil && field.Str(wire.KeyValue) == spec.SecretPlaceholder(use.Secret):
			field.Set(wire.KeyValue, jsontree.String(v[use.Secret]))
		case isSecret:
			return nil, fmt.Errorf("parameter %q has no place for its secret; this is a bug in buildsync", name)
		case isSensitive(parameter) && parameterField(declared[name], wire.ParamDefaultValue) == nil:
			return nil, fmt.Errorf("parameter %q is a secret whose stored value cannot be read back, "+
				"and replacing the job would destroy it; declare it with secret: NAME", name)
		}
	}
	return body, nil
}

// mustWrite tells whether the plan writes a secret anew. Secrets cannot be
// compared, so such an update is sent even if nothing else differs.
func mustWrite(change *diff.Change) bool {
	return slices.ContainsFunc(change.Fields, func(f diff.Field) bool { return f.Sensitive })
}

// parametersByName returns a body's build parameters (reference 4.18).
func parametersByName(body *jsontree.Value) map[string]*jsontree.Value {
	out := map[string]*jsontree.Value{}
	for _, parameter := range body.Get(wire.KeyParameters).Items() {
		if field := parameterField(parameter, wire.ParamName); field != nil {
			out[field.Str(wire.KeyValue)] = parameter
		}
	}
	return out
}

// parameterField returns the entry of a parameter's params that is called name.
func parameterField(parameter *jsontree.Value, name string) *jsontree.Value {
	for _, field := range parameter.Get(wire.KeyParams).Items() {
		if field.Str(wire.KeyName) == name {
			return field
		}
	}
	return nil
}

// isSensitive tells whether a parameter's value comes back masked.
func isSensitive(parameter *jsontree.Value) bool {
	field := parameterField(parameter, wire.ParamSensitiveVar)
	return field != nil && strings.EqualFold(field.Str(wire.KeyValue), "true")
}
