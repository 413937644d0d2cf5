//go:build !long

package main

// randomEstates is how many estates TestExportOfRandomEstates tries.
const randomEstates = 4
