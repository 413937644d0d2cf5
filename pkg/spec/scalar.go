package spec

import "strings"

// coreType returns what YAML 1.2's core schema makes of a plain scalar. One
// departure: a number with a leading zero is a string, because YAML 1.1 readers
// take it for octal and 1.2 readers for decimal.
func coreType(text string) ScalarType {
	if text == "" {
		return NullType
	}
	switch c := text[0]; {
	case c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.':
		return numberType(text)
	case strings.IndexByte("~nNtTfF", c) < 0:
		return StringType
	}
	switch text {
	case "~", "null", "Null", "NULL":
		return NullType
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return BoolType
	}
	return StringType
}

func numberType(text string) ScalarType {
	switch {
	case strings.HasPrefix(text, "0x"):
		return typeIf(IntType, len(text) > 2 && strings.Trim(text[2:], "0123456789abcdefABCDEF") == "")
	case strings.HasPrefix(text, "0o"):
		return typeIf(IntType, len(text) > 2 && strings.Trim(text[2:], "01234567") == "")
	}
	switch text {
	case ".nan", ".NaN", ".NAN":
		return FloatType
	}
	rest := text
	if text[0] == '+' || text[0] == '-' {
		rest = text[1:]
	}
	switch rest {
	case ".inf", ".Inf", ".INF":
		return FloatType
	}
	whole, rest := digits(rest)
	if len(whole) > 1 && whole[0] == '0' {
		return StringType
	}
	if rest == "" {
		return typeIf(IntType, whole != "")
	}
	fraction := ""
	if rest[0] == '.' {
		fraction, rest = digits(rest[1:])
	}
	if whole == "" && fraction == "" {
		return StringType
	}
	if rest == "" {
		return FloatType
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return StringType
	}
	rest = rest[1:]
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	exponent, rest := digits(rest)
	return typeIf(FloatType, exponent != "" && rest == "")
}

func typeIf(t ScalarType, ok bool) ScalarType {
	if ok {
		return t
	}
	return StringType
}

func digits(s string) (head, tail string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}
