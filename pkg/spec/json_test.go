package spec

import "testing"

func TestNodeAsJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a: {b: [1, -2.50, 1e3, true, TRUE, null, ~, '1', .inf, 0x1f]}": `{"a":{"b":[1,-2.50,1e3,true,true,null,null,"1",".inf","0x1f"]}}`,
		"- x\n- |\n  two\n  lines\n":                                    `["x","two\nlines\n"]`,
	} {
		if got := string(mustParse(t, in).JSON().AppendJSON(nil)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if (*Node)(nil).JSON() != nil {
		t.Error("a node that is not there has a value")
	}
}
