package wire_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

func TestDropEmpty(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":null,"b":[],"c":{},"d":"","e":0,"f":false}`:                 `{"e":0,"f":false}`,
		`{"a":{"b":{"c":""}}}`:                                            `{}`,
		`{"list":["",null,{"a":null}]}`:                                   `{"list":["",null,{}]}`,
		`{"steps":[{"name":"","properties":{"a":"","b":null}}]}`:          `{"steps":[{"properties":{"a":""}}]}`,
		`{"steps":[{"properties":{"a":{"b":"","c":[]}}}],"d":""}`:         `{"steps":[{"properties":{"a":{"b":""}}}]}`,
		`{"steps":[{"properties":null}],"other":{"properties":{"a":""}}}`: `{"steps":[{}]}`,
	} {
		body, err := jsontree.Parse([]byte(in), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if wire.DropEmpty(body); string(body.AppendJSON(nil)) != want {
			t.Errorf("%s became %s, want %s", in, body.AppendJSON(nil), want)
		}
	}
}
