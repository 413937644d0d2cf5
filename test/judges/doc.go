// Package judges checks the output of buildsync with readers from other projects: go-sarif reads
// the reports of lint.
//
// The tests are a module of their own so that these readers stay out of the product.
package judges
