package apply_test

// childVariable makes the test binary play an apply that is killed.
const childVariable = "BUILDSYNC_APPLY_TEST_CHILD"

func runChild() int { return 0 }
