package jsontree_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

func TestPackedIsTheValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := value(4).Draw(t, "value")
		packed := jsontree.Pack(v)
		got := packed.Unpack()
		if have, want := string(got.AppendJSON(nil)), string(v.AppendJSON(nil)); have != want || !jsontree.Equal(got, v) {
			t.Fatalf("packed and unpacked it is\n%s\nnot\n%s", have, want)
		}
		if jsontree.Pack(got) != packed {
			t.Fatal("packed again it is another text")
		}
	})
}

func TestPackedOddValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70_000)
	for name, v := range map[string]*jsontree.Value{
		"absent":         nil,
		"null":           jsontree.Null(),
		"a number":       jsontree.Number("1.50e+03"),
		"a long text":    jsontree.Object(jsontree.Member{Key: long, Value: jsontree.String(long)}),
		"keys that fold": jsontree.Object(jsontree.Member{Key: "a", Value: jsontree.Null()}, jsontree.Member{Key: "A", Value: jsontree.Bool(true)}),
		"no UTF-8":       jsontree.Array(jsontree.String("\xff\x00")),
		"empty lists":    jsontree.Array(jsontree.Array(), jsontree.Object()),
	} {
		if got := jsontree.Pack(v).Unpack(); !jsontree.Equal(got, v) {
			t.Errorf("%s: got %s", name, got.AppendJSON(nil))
		}
	}
}

// TestUnpackedTreesAreTheirOwn checks that an unpacked tree can be changed like any other.
func TestUnpackedTreesAreTheirOwn(t *testing.T) {
	t.Parallel()
	packed := jsontree.Pack(jsontree.Object(
		jsontree.Member{Key: "list", Value: jsontree.Array(jsontree.Int(1), jsontree.Int(2))},
		jsontree.Member{Key: "last", Value: jsontree.String("as it was")}))
	first := packed.Unpack()
	first.Get("list").Append(jsontree.Int(3))
	first.Set("more", jsontree.Null())
	first.Delete("list")
	if got := string(first.AppendJSON(nil)); got != `{"last":"as it was","more":null}` {
		t.Errorf("changed, it is %s", got)
	}
	if got := string(packed.Unpack().AppendJSON(nil)); got != `{"list":[1,2],"last":"as it was"}` {
		t.Errorf("the second tree is %s", got)
	}
}

func BenchmarkPack(b *testing.B) {
	v := jsontree.Object()
	for i := range 80 {
		v.Set(fmt.Sprintf("member%d", i), jsontree.Array(jsontree.String("some text of a value"), jsontree.Bool(true)))
	}
	packed := jsontree.Pack(v)
	b.Run("Pack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			packed = jsontree.Pack(v)
		}
	})
	b.Run("Unpack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			packed.Unpack()
		}
	})
}
