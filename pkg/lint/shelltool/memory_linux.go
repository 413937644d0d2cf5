package shelltool

import "golang.org/x/sys/unix"

// limitMemory bounds the memory of a program that was just started: shellcheck takes gigabytes for
// a script that sets hundreds of variables. A failure leaves it to the time limit.
func limitMemory(pid int) {
	_ = unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: maxMemory, Max: maxMemory}, nil)
}
