package credentials

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"gopkg.in/ini.v1"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// profileLimit bounds a profile file.
const profileLimit = 1 << 20

// profileFile reads a section of the SDK's profile file. A missing file is an error only if the
// file or the section was requested.
func profileFile(opts Options) (Found, error) {
	path, explicit := profilePath(opts)
	if path == "" {
		return Found{}, nil
	}
	shown := sanitize.Line(path, 300)
	data, err := readProfile(path)
	if errors.Is(err, fs.ErrNotExist) && !explicit && opts.Profile == "" {
		return Found{}, nil
	}
	if err != nil {
		return Found{}, fmt.Errorf("reading the profile file %s: %w", shown, sanitize.WithoutPath(err))
	}
	file, err := ini.LoadSources(ini.LoadOptions{IgnoreInlineComment: true, IgnoreContinuation: true}, data)
	if err != nil {
		// The parser's text repeats the line, which may be the secret.
		return Found{}, fmt.Errorf("reading the profile file %s: it is not an INI file of [section] and key = value lines", shown)
	}
	name := opts.Profile
	if name == "" {
		name = "basic"
	}
	section, err := file.GetSection(name)
	if err != nil {
		if opts.Profile == "" && !explicit {
			return Found{}, nil
		}
		return Found{}, fmt.Errorf("the profile file %s has no section [%s]; it has %s", shown, sanitize.Line(name, 100), sections(file))
	}
	return fromSection(section, shown, name)
}

// readProfile reads a regular file and nothing else: a pipe would block.
func readProfile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, profileLimit+1))
	if len(data) > profileLimit {
		return nil, errors.New("it exceeds 1 MiB")
	}
	return data, err
}

func fromSection(section *ini.Section, shown, name string) (Found, error) {
	value := func(key string) string { return strings.TrimSpace(section.Key(key).Value()) }
	if value("idp_id") != "" || value("id_token_file") != "" {
		return Found{}, fmt.Errorf("section [%s] of %s uses an identity provider, which buildsync does not support: use a key or a token", sanitize.Line(name, 100), shown)
	}
	key := signer.Key{Access: value("ak"), Secret: value("sk"), SecurityToken: value("security_token")}
	if key.Access == "" || key.Secret == "" {
		return Found{}, fmt.Errorf("section [%s] of %s needs both ak and sk", sanitize.Line(name, 100), shown)
	}
	return Found{
		Credentials: client.Credentials{Key: key, ProjectID: value("project_id")},
		Source:      fmt.Sprintf("profile [%s] of %s", sanitize.Line(name, 100), shown),
		IAMEndpoint: value("iam_endpoint"), IAMSource: "iam_endpoint of the profile file",
		DomainID: value("domain_id"),
	}, nil
}

func sections(file *ini.File) string {
	var names []string
	for _, name := range file.SectionStrings() {
		if name != ini.DefaultSection {
			names = append(names, "["+sanitize.Line(name, 100)+"]")
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func listed(names []string) string {
	slices.Sort(names)
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " are"
}
