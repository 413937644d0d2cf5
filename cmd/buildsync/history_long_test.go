//go:build long

package main

// histories is how many random histories TestHistories plays.
const histories = 5000
