package spec_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		patterns      spec.Names
		name          string
		match, chosen bool
	}{
		{nil, "pay", false, true},
		{spec.Names{"order-*", "pay"}, "pay", true, true},
		{spec.Names{"order-*"}, "order-", true, true},
		{spec.Names{"order-*"}, "pay", false, false},
		{spec.Names{"{pay,order}"}, "order", true, true},
		{spec.Names{"订单*"}, "订单服务", true, true},
		{spec.Names{"Pay"}, "pay", false, false},
		{spec.Names{""}, "pay", false, false},
		{spec.Names{"[a"}, "[a", false, false},
	} {
		if got := tc.patterns.Match(tc.name); got != tc.match {
			t.Errorf("%q.Match(%q) is %t", tc.patterns, tc.name, got)
		}
		if got := tc.patterns.Select(tc.name); got != tc.chosen {
			t.Errorf("%q.Select(%q) is %t", tc.patterns, tc.name, got)
		}
	}
	if err := (spec.Names{"order-*", "{a,b}"}).Validate(); err != nil {
		t.Errorf("valid patterns: %v", err)
	}
	if err := (spec.Names{"order-*", "[a"}).Validate(); err == nil || err.Error() != `"[a" is not a valid pattern for names` {
		t.Errorf("a malformed pattern: %v", err)
	}
}
