// Package format puts definition files into their canonical form: keys in the
// order of the schema, an indentation of two, lists indented below their key,
// quotes only where a reader of YAML could take the text for something else, one
// blank line between jobs.
//
// Its promises: the meaning of the file does not change, and every result is
// checked for that; no comment is lost, and each stays above or beside its key
// or item; formatting again changes nothing; scripts, multi-line texts and the
// user's line breaks in brackets stay. The YAML encoder is not used, because it
// loses comments, blank lines and text.
package format
