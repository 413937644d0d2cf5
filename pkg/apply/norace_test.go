//go:build !race

package apply_test

const propertyChecks = "100"

const raced = false
