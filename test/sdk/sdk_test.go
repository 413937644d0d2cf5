package sdk

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	build "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3/model"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// scenario is a series of SDK calls against an emulator.
type scenario struct {
	name   string
	quirks string // default where empty
	run    func(*bench)
}

func scenarios() []scenario {
	return []scenario{
		{name: "jobs", run: jobs},
		{name: "jobs of v1", run: jobsOfV1},
		{name: "recycle bin", run: recycleBin},
		{name: "groups", run: groups},
		{name: "tables", run: tables},
		{name: "templates", run: templates},
		{name: "templates of v1", run: templatesOfV1},
		{name: "notices", run: notices},
		{name: "notices as the examples have them", quirks: "default,object-result", run: noticesOfExamples},
		{name: "builds", run: builds},
		{name: "builds of v1", run: buildsOfV1},
		{name: "logs and files", run: files},
		{name: "IAM", run: iam},
		{name: "refusals", run: refusals},
		{name: "what the emulator does not have", run: unserved},
	}
}

// TestSDK checks that the SDK drives every operation of the emulator, and that the emulator serves
// every SDK operation of the reference's generation and the newer ones for jobs, templates and
// notifications.
func TestSDK(t *testing.T) {
	t.Parallel()
	c := newCoverage()
	ran := true
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range scenarios() {
			started := false
			ran = t.Run(s.name, func(t *testing.T) {
				started = true
				t.Parallel()
				quirks := s.quirks
				if quirks == "" {
					quirks = "default"
				}
				s.run(start(t, quirks, c))
			}) && started && ran
		}
	})
	if !ran {
		t.Log("some scenarios did not run: coverage is not judged")
		return
	}
	c.check(t)
}

// coverage counts what was called: operations of the SDK, calls of the emulator.
type coverage struct {
	mu         sync.Mutex
	routes     *http.ServeMux // finds the route of a path
	operations map[string]bool
	patterns   map[string]bool
}

func newCoverage() *coverage {
	c := &coverage{routes: http.NewServeMux(), operations: map[string]bool{}, patterns: map[string]bool{}}
	for _, r := range emulator.Routes() {
		c.routes.Handle(r.Pattern, http.NotFoundHandler())
	}
	return c
}

func (c *coverage) addOperation(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.operations[name] = true
}

func (c *coverage) addCalls(calls []emulator.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range calls {
		req, err := http.NewRequest(call.Method, "https://emulator"+call.Path, nil)
		if err != nil {
			continue
		}
		if _, pattern := c.routes.Handler(req); call.Status < http.StatusMultipleChoices {
			c.patterns[pattern] = true
		}
	}
}

func (c *coverage) check(t *testing.T) {
	t.Helper()
	for _, r := range emulator.Routes() {
		if !c.patterns[r.Pattern] && !slices.Contains(notInSDK, r.Op) {
			t.Errorf("the SDK did not drive %s of the emulator", r.Pattern)
		}
	}
	for _, name := range operations() {
		if c.operations[name] == slices.Contains(notServed, name) {
			t.Errorf("the SDK's %s: driven %v, listed as not served %v", name, c.operations[name], !c.operations[name])
		}
	}
}

// operations returns the names of all operations of the SDK's client.
func operations() []string {
	var names []string
	client := reflect.TypeFor[*build.CodeArtsBuildClient]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; !strings.HasSuffix(name, "Invoker") {
			names = append(names, name)
		}
	}
	return names
}

// unserved calls what the emulator does not have. The emulator must answer that the URL is unknown.
func unserved(b *bench) {
	for _, name := range notServed {
		method := reflect.ValueOf(b.client).MethodByName(name)
		if !method.IsValid() {
			b.t.Errorf("the SDK has no %s", name)
			continue
		}
		request := reflect.New(method.Type().In(0).Elem())
		if name == "UploadKeystore" {
			request = reflect.ValueOf(uploadRequest(b.t))
		} else {
			fill(request.Elem())
		}
		out := method.Call([]reflect.Value{request})
		err, _ := out[1].Interface().(error)
		var refused *sdkerr.ServiceResponseError
		if !errors.As(err, &refused) || refused.StatusCode != http.StatusNotFound {
			b.t.Errorf("%s: %v, want 404", name, err)
		}
	}
}

// uploadRequest returns the only request with a form.
func uploadRequest(t *testing.T) *model.UploadKeystoreRequest {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "keystore"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &model.UploadKeystoreRequest{Body: &model.UploadKeystoreRequestBody{
		File: def.NewFilePart(file), Privacy: def.NewMultiPart("true"),
	}}
}

// fill sets the members of a request to values that a path can hold.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		switch field := v.Field(i); field.Kind() {
		case reflect.String:
			field.SetString(strings.Repeat("a", 32))
		case reflect.Int32:
			field.SetInt(1)
		case reflect.Pointer:
			field.Set(reflect.New(field.Type().Elem()))
		}
	}
}
