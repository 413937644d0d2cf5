package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
)

// The default account of every emulator. These values are public: they only work with an emulator
// on the same machine.
const (
	DefaultAccessKey = "BUILDSYNCEMULATORKEY"
	DefaultSecretKey = "buildsync-emulator-secret-for-local-use"
	DefaultDomain    = "emulator"
	DefaultUser      = "developer"
	DefaultPassword  = "buildsync-emulator"

	// DefaultRegion is also the name of the IAM project that tokens are scoped to.
	DefaultRegion = "cn-north-4"
	// DefaultIAMProject is the id of that IAM project; a CodeArts project is another thing.
	DefaultIAMProject = "0e51de1fe6ad4c8ba4a1c4f4b0d5c001"
	// DefaultDomainID is the account's id, as the keystore call wants it.
	DefaultDomainID = "60021bab32fd450aa2cb89226f425e06"
	// DefaultUserID is the id of DefaultUser.
	DefaultUserID = "ae22fd035f354cfa8d82a3f1c8940446"
	// DefaultProject is a CodeArts project id for examples; any other id of 32
	// lower-case letters and digits is as good.
	DefaultProject = "6ecbc5bac7c8442fb3d2563d53c13582"
)

// User is an IAM user with one access key.
type User struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Password      string `json:"password"`
	Domain        string `json:"domain"`
	DomainID      string `json:"domain_id"`
	AccessKey     string `json:"access_key"`
	SecretKey     string `json:"secret_key"`
	SecurityToken string `json:"security_token,omitempty"` // temporary keys must send this one
}

// Options configure an emulator. The zero value means a memory store, the default account and
// Defaults() as quirks.
type Options struct {
	// Path is the file with the state; empty for memory only.
	Path string
	// LockTimeout is how long New waits for another process to close the file; default 1 s.
	LockTimeout time.Duration
	// Quirks are the service's behaviour where it is not publicly known; nil means Defaults().
	Quirks *Quirks
	// Users replaces the default account.
	Users []User
	// Projects restricts which CodeArts projects exist; empty: every well-formed id does.
	Projects []string
	// Seed is added to an empty store.
	Seed Seed
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Latency is the delay before each answer of the API.
	Latency time.Duration
	// Rate is the limit of calls per second, beyond which the answer is 429; 0: no limit.
	Rate int
	// TokenLife is the lifetime of an IAM token; default 24 h.
	TokenLife time.Duration
	// StepTime is the duration of a simulated build step; default 3 s.
	StepTime time.Duration
	// Faults are in place from the first request on.
	Faults []Fault
	// ID makes identifiers of 32 hexadecimal digits; default random. Tests set a counter to get the
	// same answers each time.
	ID func() string
}

// isProjectID reports whether id is 32 digits and lower-case letters.
func isProjectID(id string) bool {
	return isObjectID(id) && strings.ToLower(id) == id
}

// isObjectID reports whether id is 32 digits and Latin letters.
func isObjectID(id string) bool {
	return len(id) == 32 && !strings.ContainsFunc(id, func(c rune) bool { return c == '_' || !wire.IsWord(c) })
}

func (o Options) withDefaults() (Options, error) {
	if o.Quirks == nil {
		quirks := Defaults()
		o.Quirks = &quirks
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenLife == 0 {
		o.TokenLife = cmp.Or(o.Quirks.TokenLife, 24*time.Hour)
	}
	if o.StepTime == 0 {
		o.StepTime = 3 * time.Second
	}
	if o.ID == nil {
		o.ID = randomID
	}
	if len(o.Users) == 0 {
		o.Users = []User{defaultUser()}
	}
	if o.Rate < 0 || o.Latency < 0 {
		return o, errors.New("starting the emulator: rate and latency must not be negative")
	}
	for _, id := range o.Projects {
		if !isProjectID(id) {
			return o, fmt.Errorf("starting the emulator: project %q is not an id of 32 lower-case letters and digits", id)
		}
	}
	for _, f := range o.Faults {
		if err := f.check(); err != nil {
			return o, fmt.Errorf("starting the emulator: %w", err)
		}
	}
	return o, nil
}

func defaultUser() User {
	return User{
		ID: DefaultUserID, Name: DefaultUser, Password: DefaultPassword,
		Domain: DefaultDomain, DomainID: DefaultDomainID,
		AccessKey: DefaultAccessKey, SecretKey: DefaultSecretKey,
	}
}
