// Package yamltext writes values as YAML: the one place that chooses between a
// plain text, quotes and a block scalar.
//
// Its promise: a YAML 1.2 reader gets exactly the text back, and so does
// pkg/spec. A text of several lines is a block scalar wherever YAML can hold
// it; an escaped text is for what YAML cannot hold.
package yamltext
