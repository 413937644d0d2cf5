// Package format puts definition files into their canonical form: keys in the
// order of the schema, an indentation of two, lists indented below their key,
// quotes only where a reader of YAML could take the text for something else, one
// blank line between jobs.
//
// Its promises: the file means what it meant, which is checked on every result;
// no comment is lost, and each stays with the key or item that it stood above or
// beside; formatting twice is formatting once; what is inside a script, a
// multi-line text or a line break of one's own in brackets stays. The YAML
// encoder is not used, for it loses comments, blank lines and text.
package format
