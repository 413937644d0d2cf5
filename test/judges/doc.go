// Package judges holds the tests in which readers that others wrote judge what
// buildsync writes: go-sarif judges the reports of lint.
//
// The tests are a module of their own so that the judges stay out of the product.
package judges
