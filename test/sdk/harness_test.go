package sdk

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	build "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3"

	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const project = emulator.DefaultProject

// morning returns the start of the emulator's time. Signatures contain it, so a fixed time makes every
// run's answers the same.
func morning() time.Time { return time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) }

// bench is an emulator behind HTTPS with the SDK's client for it.
type bench struct {
	t        *testing.T
	emulator *emulator.Emulator
	url      string
	config   *config.HttpConfig
	client   *build.CodeArtsBuildClient
	coverage *coverage

	mu  sync.Mutex
	raw []byte // the body of the last JSON answer
}

// start runs an emulator with quirks, in the form of --quirks. When the test ends, the SDK's calls
// are added to c.
func start(t *testing.T, quirks string, c *coverage) *bench {
	t.Helper()
	q, err := emulator.ParseQuirks(quirks)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	server := serve(t, emulator.Options{Quirks: &q, Now: morning, ID: func() string {
		n++
		return fmt.Sprintf("%08d%024x", n, n)
	}})
	b := &bench{t: t, emulator: server.emulator, url: server.URL, coverage: c}
	t.Cleanup(func() { c.addCalls(b.emulator.Calls()) })
	b.config = config.DefaultHttpConfig().WithHttpRoundTripper(&tap{b, server.transport}).WithTimeout(10 * time.Second)
	hc, err := build.CodeArtsBuildClientBuilder().WithEndpoint(server.URL).WithCredential(credentials(t)).WithHttpConfig(b.config).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	b.client = build.NewCodeArtsBuildClient(hc)
	b.advance(0)
	return b
}

// server is an emulator behind HTTPS, with its own certificate.
type server struct {
	*httptest.Server
	emulator  *emulator.Emulator
	transport *http.Transport // trusts that certificate
}

func serve(t *testing.T, opts emulator.Options) *server {
	t.Helper()
	e, err := emulator.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Server: httptest.NewUnstartedServer(e), emulator: e}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that must fail
	s.StartTLS()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	s.transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(func() {
		s.transport.CloseIdleConnections()
		s.Close()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func credentials(t *testing.T) *basic.Credentials {
	t.Helper()
	c, err := basic.NewCredentialsBuilder().WithAk(emulator.DefaultAccessKey).WithSk(emulator.DefaultSecretKey).
		WithProjectId(emulator.DefaultIAMProject).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// advance moves the emulator's time, and the date of the SDK's signatures.
func (b *bench) advance(d time.Duration) {
	b.emulator.Advance(d)
	b.client.HcClient.WithExtraHeaders(map[string]string{signer.HeaderDate: b.emulator.Now().UTC().Format(signer.DateLayout)})
}

// tap keeps a copy of the last answer, to compare with what the SDK read.
type tap struct {
	bench *bench
	next  http.RoundTripper
}

func (p *tap) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := p.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	p.bench.mu.Lock()
	defer p.bench.mu.Unlock()
	p.bench.raw = data
	return resp, nil
}

// sent reports whether the last answer holds a text.
func (b *bench) sent(text string) bool { return bytes.Contains(b.raw, []byte(text)) }

// do calls an operation of the SDK and fails the test if the SDK does. A golden file with the
// operation's name holds the answer, field by field, and every difference from the SDK's model.
func do[Q, A any](b *bench, operation func(*Q) (*A, error), request *Q) *A {
	b.t.Helper()
	return doAs(b, "", operation, request)
}

// doAs does as do, for another call of an operation, whose golden file has a suffix.
func doAs[Q, A any](b *bench, suffix string, operation func(*Q) (*A, error), request *Q) *A {
	b.t.Helper()
	name := operationName(operation)
	b.coverage.addOperation(name)
	answer, err := operation(request)
	if err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
	if v := reflect.ValueOf(answer).Elem().FieldByName("HttpStatusCode"); v.Int() != http.StatusOK && v.Int() != http.StatusCreated {
		b.t.Errorf("%s: status %d", name, v.Int())
	}
	if _, stream := reflect.TypeOf(answer).Elem().FieldByName("Body"); stream && reflect.TypeOf(answer).Elem().NumField() == 2 {
		if body, ok := reflect.ValueOf(answer).Elem().FieldByName("Body").Interface().(io.ReadCloser); ok {
			b.stream(name+suffix, body)
			return answer
		}
	}
	raw, err := jsontree.Parse(b.raw, jsontree.Limits{})
	if err != nil {
		b.t.Fatalf("%s answers %q: %v", name, b.raw, err)
	}
	b.golden(name+suffix+".json", judge(b.t, raw, answer))
	return answer
}

// stream compares a file from the SDK with what the emulator sent.
func (b *bench) stream(name string, body io.ReadCloser) {
	b.t.Helper()
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil || len(data) == 0 {
		b.t.Fatalf("%s: %d bytes, %v", name, len(data), err)
	}
	b.golden(name+".txt", data)
}

// operationName returns the name of a method value of the SDK's client.
func operationName(operation any) string {
	full := runtime.FuncForPC(reflect.ValueOf(operation).Pointer()).Name()
	return strings.TrimSuffix(full[strings.LastIndex(full, ".")+1:], "-fm")
}

func (b *bench) golden(name string, have []byte) {
	b.t.Helper()
	path := filepath.Join("testdata", "answers", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(path, have, 0o644); err != nil {
			b.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(have)); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// verdict is the content of a golden file.
type verdict struct {
	Answer  json.RawMessage `json:"answer"`            // what the SDK decoded
	Unknown []string        `json:"unknown,omitempty"` // members that are not in the SDK's model
	Missing []string        `json:"missing,omitempty"` // members of the model that are not in the answer
	Altered []string        `json:"altered,omitempty"` // values that the SDK's types cannot hold
}

// judge compares an answer with what the SDK decoded and with the SDK's model.
func judge(t *testing.T, raw *jsontree.Value, answer any) []byte {
	t.Helper()
	decoded, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	if body := reflect.ValueOf(answer).Elem().FieldByName("Body"); body.IsValid() { // the answer is a list
		if decoded, err = json.Marshal(body.Interface()); err != nil {
			t.Fatal(err)
		}
		answer = body.Interface()
	}
	tree, err := jsontree.Parse(decoded, jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	v := verdict{Answer: decoded}
	v.compare("", raw, tree, reflect.TypeOf(answer))
	for _, list := range []*[]string{&v.Unknown, &v.Missing, &v.Altered} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// compare walks through an answer, the SDK's model of it, and what the SDK decoded.
func (v *verdict) compare(at string, raw, decoded *jsontree.Value, model reflect.Type) {
	for model.Kind() == reflect.Pointer {
		model = model.Elem()
	}
	switch {
	case raw.IsAbsentOrNull():
	case model.Kind() == reflect.Struct && raw.Kind() == jsontree.KindObject:
		v.compareMembers(at, raw, decoded, model)
	case model.Kind() == reflect.Slice && raw.Kind() == jsontree.KindArray:
		items := decoded.Items()
		for i, item := range raw.Items() {
			if i < len(items) {
				v.compare(at+"[]", item, items[i], model.Elem())
			}
		}
		if len(items) != len(raw.Items()) {
			v.Altered = append(v.Altered, fmt.Sprintf("%s: %d items, the SDK has %d", at, len(raw.Items()), len(items)))
		}
	case !jsontree.Equal(raw, decoded):
		v.Altered = append(v.Altered, fmt.Sprintf("%s: %s, the SDK has %s", at, raw.AppendJSON(nil), decoded.AppendJSON(nil)))
	}
}

func (v *verdict) compareMembers(at string, raw, decoded *jsontree.Value, model reflect.Type) {
	known := map[string]reflect.Type{}
	for i := range model.NumField() {
		name, _, _ := strings.Cut(model.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		known[name] = model.Field(i).Type
		if raw.Get(name) == nil {
			v.Missing = append(v.Missing, at+"."+name)
		}
	}
	for _, m := range raw.Members() {
		if field, ok := known[m.Key]; ok {
			v.compare(at+"."+m.Key, m.Value, decoded.Get(m.Key), field)
		} else {
			v.Unknown = append(v.Unknown, at+"."+m.Key)
		}
	}
}
