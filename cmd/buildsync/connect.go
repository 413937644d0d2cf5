package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/emulatorserver"
	"github.com/buildsync/buildsync/internal/loopback"
	"github.com/buildsync/buildsync/internal/pace"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/credentials"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// endpointEmulator as the endpoint starts the emulator inside the command.
const endpointEmulator = diff.BuiltInEmulator

// service is where a command's requests go.
type service struct {
	*client.Client
	name   string // the endpoint as plans name it: the same in each run
	source string // where the credentials are from, for people
	clock  apply.Clock
	close  func() error
}

// connect makes the client for the flags, the environment and the workspace. region is the
// workspace's, overridden by flags and environment; dir is its folder, "" if there is none. share is
// how many runs share the rate, 0 for one.
func (in *invocation) connect(dir, region string, share int) (*service, error) {
	config, err := in.clientConfig(share)
	if err != nil {
		return nil, err
	}
	if named := in.global.region; named != "" {
		region = named
	}
	endpoint := in.global.endpoint
	if endpoint == endpointEmulator {
		return in.connectEmulator(config)
	}
	if config.Endpoint, err = buildEndpoint(endpoint, region); err != nil {
		return nil, err
	}
	found, err := in.findCredentials(region)
	if errors.Is(err, credentials.ErrNone) {
		err = fmt.Errorf("%w; --endpoint emulator needs no account, and buildsync doctor checks what is set", err)
	}
	if err != nil {
		return nil, err
	}
	config.Credentials = found.Credentials
	if config.IAMEndpoint, err = in.iamEndpoint(config.Endpoint, region, found); err != nil {
		return nil, err
	}
	if dir := in.global.tokenCache; dir != "" {
		if config.TokenCache, err = credentials.OpenCache(dir); err != nil {
			return nil, err
		}
	}
	config.Paces = pace.Earlier(in.cacheFolder(), config.Endpoint)
	api, err := client.New(config)
	if err != nil {
		return nil, &failure{exitInvalid, err}
	}
	in.pacing = screen.NewPacing(in.Invocation, api.Pace)
	return &service{Client: api, name: config.Endpoint, source: found.Source, clock: apply.SystemClock{}, close: func() error {
		api.Close()
		pace.Remember(in.cacheFolder(), config.Endpoint, api.Paces())
		return nil
	}}, nil
}

// findCredentials looks for credentials where users keep them.
func (in *invocation) findCredentials(region string) (credentials.Found, error) {
	return credentials.Find(credentials.Options{
		Getenv: in.Env.Get, Home: cmp.Or(in.Env.Get("HOME"), in.Env.Get("USERPROFILE")), Profile: in.global.profile, Region: region,
	})
}

// buildEndpoint returns the address of the build service: from flags, the environment and the
// built-in table of regions, never from a file in the repository.
func buildEndpoint(endpoint, region string) (string, error) {
	if endpoint != "" {
		if strings.Contains(endpoint, "@") { // not repeated: before the @ is a password
			return "", kit.UsageError{Text: "the endpoint contains a user or a password; write it as https://HOST, since credentials come from the environment"}
		}
		address, err := url.Parse(endpoint)
		if err != nil || address.Host == "" || strings.Trim(address.Path, "/") != "" {
			return "", kit.UsageError{Text: fmt.Sprintf("--endpoint %q: write it as https://HOST, or as emulator", endpoint)}
		}
		if err := client.CheckEndpoint("the endpoint", endpoint); err != nil {
			return "", &failure{exitInvalid, err}
		}
		return endpoint, nil
	}
	if region == "" {
		return "", kit.UsageError{Text: "no service selected: set region in buildsync.yaml, or give --region or --endpoint; " +
			"--endpoint emulator needs no account"}
	}
	endpoint, err := client.Endpoint(region)
	if err != nil {
		return "", &failure{exitInvalid, err}
	}
	return endpoint, nil
}

// iamEndpoint returns the IAM address of a build service. Only a password needs IAM: with other
// credentials a wrong address is only a note.
func (in *invocation) iamEndpoint(endpoint, region string, found credentials.Found) (string, error) {
	if found.IAMEndpoint != "" {
		err := client.CheckEndpoint(found.IAMSource, found.IAMEndpoint)
		switch {
		case err == nil:
			return found.IAMEndpoint, nil
		case found.Credentials.Kind() == "password":
			return "", &failure{exitInvalid, err}
		}
		in.Note("%v; it is not used", err)
	}
	if address, err := url.Parse(endpoint); err == nil && loopback.Is(address.Hostname()) {
		return endpoint, nil // an emulator; its users' passwords are not for the real IAM
	}
	if region == "" {
		return "", nil
	}
	iam, err := client.IAMEndpoint(region)
	if err != nil {
		return "", &failure{exitInvalid, err}
	}
	return iam, nil
}

// connectEmulator starts the emulator on loopback, on the workspace's file.
func (in *invocation) connectEmulator(config client.Config) (*service, error) {
	file, err := in.defaultEmulatorFile()
	if err != nil {
		return nil, err
	}
	served, err := emulatorserver.Serve("127.0.0.1:0", emulator.Options{Path: file})
	if err != nil {
		return nil, err
	}
	config.Endpoint, config.IAMEndpoint = served.Url, served.Url
	config.Credentials = client.Credentials{Key: signer.Key{Access: emulator.DefaultAccessKey, Secret: emulator.DefaultSecretKey}}
	api, err := client.New(config)
	if err != nil {
		_ = served.Close()
		return nil, err
	}
	in.pacing = screen.NewPacing(in.Invocation, api.Pace)
	return &service{Client: api, name: endpointEmulator, source: "the emulator's own", clock: served.Clock(), close: func() error {
		api.Close() // a connection that was never used holds up the server's end by 5 s
		return served.Close()
	}}, nil
}

// clientConfig reads the flags about how to talk, but not to whom.
func (in *invocation) clientConfig(share int) (client.Config, error) {
	if err := kit.CheckWord("api", in.global.api, "v3", "v1"); err != nil {
		return client.Config{}, err
	}
	rate, err := in.ratePerMinute()
	if err != nil {
		return client.Config{}, err
	}
	logger, err := in.Logger()
	if err != nil {
		return client.Config{}, err
	}
	return client.Config{
		Dialect: client.Dialect(in.global.api), InFlight: in.global.parallelism, ListAhead: in.readsAtATime(), CAFile: in.global.caFile,
		Rate: rate, Share: share, Logger: logger, Getenv: in.Env.Get,
		UserAgent: "buildsync/" + kit.Version(), Hide: environmentSecrets(in.Env),
	}, nil
}

// readsAtATime returns how many reads are started in parallel; the client limits how many are in flight.
func (in *invocation) readsAtATime() int { return cmp.Or(in.global.parallelism, client.MaxInFlight) }

// ratePerMinute reads --rate: a number of requests a minute, with or without
// the unit.
func (in *invocation) ratePerMinute() (float64, error) {
	text := in.global.rate
	if text == "" {
		return 0, nil
	}
	number, err := strconv.ParseFloat(strings.TrimSuffix(text, "/min"), 64)
	if err != nil || !(number > 0) || number > 1e9 {
		return 0, kit.UsageError{Text: fmt.Sprintf("--rate %q: write it as a number of requests a minute, such as 60/min", text)}
	}
	return number, nil
}
