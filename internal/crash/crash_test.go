package crash_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/crash"
)

// TestCaught checks that a caught panic keeps its stack and its error, and shows no value.
func TestCaught(t *testing.T) {
	t.Parallel()
	cause := errors.New("canary")
	if err := crash.Caught(func() error { return cause }); err != cause {
		t.Errorf("an error of the function came back as %v", err)
	}
	for _, value := range []any{cause, "canary"} {
		var caught *crash.Crash
		err := crash.Caught(func() error { panic(value) })
		if !errors.As(err, &caught) {
			t.Fatalf("got %v, want a *Crash", err)
		}
		if strings.Contains(caught.Error(), "canary") || !strings.Contains(string(caught.Stack()), "TestCaught") {
			t.Errorf("%v\n%s", caught, caught.Stack())
		}
		if _, isError := value.(error); errors.Is(err, cause) != isError {
			t.Errorf("errors.Is(%v) = %v", value, !isError)
		}
	}
}
