package export_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const projectID = "6ecbc5bac7c8442fb3d2563d53c13582"

var shop = export.Project{Alias: "shop", ID: projectID}

func str(s string) *jsontree.Value { return jsontree.String(s) }

// obj makes an object of keys and values.
func obj(pairs ...any) *jsontree.Value {
	o := jsontree.Object()
	for i := 0; i < len(pairs); i += 2 {
		v, ok := pairs[i+1].(*jsontree.Value)
		if !ok {
			v = str(pairs[i+1].(string))
		}
		o.Set(pairs[i].(string), v)
	}
	return o
}

// check holds a property; a quarter of the tries is enough under the race
// detector, which has little to find where one goroutine does all.
func check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	tries, failing := 0, false
	rapid.Check(t, func(t *rapid.T) {
		if tries++; export.UnderRace && tries%4 != 0 && !failing {
			return
		}
		defer func() { failing = failing || t.Failed() }()
		property(t)
	})
}

// object makes an object of keys and values; texts become JSON strings.
func object(pairs ...any) *jsontree.Value {
	o := jsontree.Object()
	for i := 0; i < len(pairs); i += 2 {
		key := pairs[i].(string)
		if text, is := pairs[i+1].(string); is {
			o.Set(key, jsontree.String(text))
		} else {
			o.Set(key, pairs[i+1].(*jsontree.Value))
		}
	}
	return o
}
