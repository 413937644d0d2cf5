package loopback_test

import (
	"testing"

	"github.com/buildsync/buildsync/internal/loopback"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "LocalHost.": true, "127.0.0.1": true, "127.1.2.3": true, "::1": true, "[::1]": true, "::ffff:127.0.0.1": true, "[::FFFF:127.0.0.2]": true,
		"": false, "localhost.example.com": false, "127.0.0.1.nip.io": false, "10.0.0.1": false, "::": false, "0.0.0.0": false, "128.0.0.1": false, "3221225985": false, "4294967296": false, "0x80000001": false, "127.0.0.256": false, "127.0.0.0.1": false, "127..1": false, "127.": false, "127.x": false,
		"2130706433": true, "0x7f000001": true, "0X7F.1": true, "127.1": true, "0177.0.0.1": true, "127.0.0.1.": true, "::1%lo": true,
		"::ffff:10.0.0.1": false, "local": false, "localhost..": false,
	} {
		if have := loopback.Is(host); have != want {
			t.Errorf("%q: %t, want %t", host, have, want)
		}
	}
}
