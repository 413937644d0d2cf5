package secret

import "strings"

// nameWords are endings of names of secrets.
var nameWords = []string{
	"password", "passwd", "pass", "pwd", "passphrase", "token", "secret", "secret_key", "secret-key", "secretkey", "access_key", "access-key", "accesskey",
	"api_key", "api-key", "apikey", "private_key", "private-key", "privatekey", "account_key", "account-key", "accountkey",
}

// nameStems occur wherever one of nameWords does.
var nameStems = []string{"passw", "pass", "pwd", "passphrase", "token", "secret", "key"}

// maxValue is the longest value that is checked.
const maxValue = 400

// named finds literals after a secret's name: PASSWORD=literal, -Dnexus.token=literal, --api-key
// literal, "password": "literal". It is hand-written for speed, because it runs on every script.
func named(text, lower, stem string) []Match {
	var found []Match
	for from := 0; ; {
		at := strings.Index(lower[from:], stem)
		if at < 0 {
			return found
		}
		from += at + len(stem)
		if end := wordEnd(lower, from-len(stem), stem); end > 0 {
			if m, ok := valueBehind(text, lower, end); ok {
				found = append(found, m)
				from = max(from, m.End)
			}
		}
	}
}

// wordEnd returns the end of the name word that contains the stem at start, 0 if there is none or
// the name continues.
func wordEnd(lower string, start int, stem string) int {
	end := start + len(stem)
	switch stem {
	case "passw":
		switch rest := lower[end:]; {
		case strings.HasPrefix(rest, "ord"):
			end += 3
		case strings.HasPrefix(rest, "d"):
			end++
		default:
			return 0
		}
	case "pass": // DB_PASS, --ks-pass
		if start == 0 || strings.IndexByte("_-.", lower[start-1]) < 0 || strings.HasSuffix(lower[:start], "--") {
			return 0
		}
	case "key":
		before := strings.TrimRight(lower[max(0, start-9):start], "_-")
		known := false
		for _, word := range []string{"secret", "access", "api", "private", "account", "app", "encryption", "master"} {
			known = known || strings.HasSuffix(before, word)
		}
		if !known {
			return 0
		}
	}
	if end < len(lower) && isNameByte(lower[end]) {
		return 0
	}
	return end
}

func isNameByte(c byte) bool {
	return c == '_' || c == '-' || c == '.' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// valueBehind reads the value after a name that ends at end: after = and : anything, after blanks
// only an option's value.
func valueBehind(text, lower string, end int) (Match, bool) {
	start := end
	for start > 0 && isNameByte(lower[start-1]) {
		start--
	}
	if start >= 2 && text[start-2:start] == "${" {
		return defaultOf(text, end)
	}
	if inMessage(text[:start]) {
		return Match{}, false
	}
	at := afterQuote(text, end)
	blanks := skipBlanks(text, at)
	accept := isLiteral
	switch {
	case blanks < len(text) && text[blanks] == '=' && !strings.HasPrefix(text[blanks:], "=="):
		at = skipBlanks(text, blanks+1)
	case blanks < len(text) && text[blanks] == ':' && text[start:end] != "secret":
		at = skipBlanks(text, blanks+1)
		accept = isUnlikeProse
	case blanks > at && text[start] == '-' && at == end:
		at = blanks
	case blanks > at && isSet(lower[:start]):
		at, accept = blanks, isUnlikeProse
	default:
		return Match{}, false
	}
	if strings.HasPrefix(text[at:], "\\\n") { // the shell reads on in the next line
		at = skipBlanks(text, at+2)
		for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
			at++
		}
	}
	from, to := unquoted(text, at)
	if strings.HasPrefix(text[at:], "\\\"") { // JSON in double quotes: \"password\": \"VALUE\"
		from, to = unquoted(text, at+1)
		to -= len(text[from:to]) - len(strings.TrimSuffix(text[from:to], "\\"))
	}
	if weakName(lower[start:end]) && (from >= to || !isUnlikeProse(text[from:to]) || !mixes(text[from:to])) {
		return Match{}, false
	}
	if from >= to || !accept(text[from:to]) || isTestValue(text[start:end], text[from:to]) || isLocalLogin(lineAround(text, from)) {
		return Match{}, false
	}
	return Match{Start: from, End: to, Kind: "password"}, true
}

// weakName reports whether a name in lower case may be one of something else: BY_PASS, APP_KEY.
func weakName(lower string) bool {
	if strings.HasSuffix(lower, "pass") {
		return true
	}
	before, isKey := strings.CutSuffix(lower, "key")
	before = strings.TrimRight(before, "_-")
	return isKey && (strings.HasSuffix(before, "app") || strings.HasSuffix(before, "encryption") || strings.HasSuffix(before, "master"))
}

// mixes reports whether a value has letters and digits, or letters of both cases, as what was drawn
// by chance or chosen as a password has.
func mixes(value string) bool {
	if strings.ContainsAny(value, "/\\") || strings.HasPrefix(value, "pass:") || strings.HasPrefix(value, "env:") || strings.HasPrefix(value, "file:") {
		return false
	}
	small := strings.ContainsFunc(value, func(r rune) bool { return r >= 'a' && r <= 'z' })
	capital := strings.ContainsFunc(value[1:], func(r rune) bool { return r >= 'A' && r <= 'Z' })
	return small && capital || strings.ContainsAny(value, "0123456789") && strings.ToUpper(value) != strings.ToLower(value)
}

// afterQuote steps over the quote that ends a name, which may be escaped.
func afterQuote(text string, at int) int {
	if strings.HasPrefix(text[at:], "\\\"") {
		return at + 2
	}
	if at < len(text) && (text[at] == '"' || text[at] == '\'') {
		return at + 1
	}
	return at
}

// isSet reports whether a name follows a command that sets it: aws configure set NAME VALUE. The
// name may be after the address of a registry: npm config set //HOST/:_authToken VALUE.
func isSet(before string) bool {
	if word := before[strings.LastIndexAny(before, " \t\n")+1:]; strings.HasPrefix(strings.TrimLeft(word, "\"'"), "//") {
		before = before[:len(before)-len(word)]
	}
	before = strings.TrimRight(before, "\"'")
	for _, command := range []string{"configure set ", "config set ", "npm set ", "setx "} {
		if strings.HasSuffix(before, command) {
			return true
		}
	}
	return false
}

// skipBlanks steps over at most four blanks.
func skipBlanks(text string, at int) int {
	for i := 0; i < 4 && at < len(text) && (text[at] == ' ' || text[at] == '\t'); i++ {
		at++
	}
	return at
}

// unquoted returns the extent of the value at a place: inside its quotes, or up to the end of a
// word in a shell, JSON or YAML.
func unquoted(text string, at int) (from, to int) {
	if at >= len(text) {
		return at, at
	}
	limit := min(len(text), at+maxValue)
	if quote := text[at]; quote == '"' || quote == '\'' {
		end := strings.IndexByte(text[at+1:limit], quote)
		if end < 0 || strings.Contains(text[at+1:at+1+end], "\n") {
			return at, at
		}
		return at + 1, at + 1 + end
	}
	to = at
	for to < limit && !strings.ContainsRune(" \t\r\n\"',;|)}<>", rune(text[to])) {
		if text[to] == '&' && (to+1 >= limit || text[to+1] == '&' || text[to+1] == ' ') {
			break
		}
		to++
	}
	return at, to
}

// inMessage reports whether text ends inside the words of ${NAME:?words} or ${NAME:+words}.
func inMessage(text string) bool {
	text = text[max(0, len(text)-maxValue):]
	at := strings.LastIndex(text, "${")
	if at < 0 || strings.ContainsAny(text[at:], "}\n") {
		return false
	}
	words := strings.TrimLeftFunc(text[at+2:], func(r rune) bool { return r < 0x80 && r != '-' && r != '.' && isNameByte(byte(r)) })
	words = strings.TrimPrefix(words, ":")
	return words != "" && (words[0] == '?' || words[0] == '+')
}

// defaultOf finds the literal word of ${PASSWORD:-word} and ${PASSWORD:=word}.
// The words of :? and :+ are messages and flags, never the secret.
func defaultOf(text string, end int) (Match, bool) {
	at := end
	if at < len(text) && text[at] == ':' {
		at++
	}
	if at >= len(text) || text[at] != '-' && text[at] != '=' {
		return Match{}, false
	}
	from, to := unquoted(text, at+1)
	if from >= to || !isLiteral(text[from:to]) || isTestValue(text[:0], text[from:to]) {
		return Match{}, false
	}
	return Match{Start: from, End: to, Kind: "password"}, true
}

// lineAround returns the line of a text that holds the byte at.
func lineAround(text string, at int) string {
	start := strings.LastIndexByte(text[max(0, at-maxValue):at], '\n') + 1 + max(0, at-maxValue)
	end := min(len(text), at+maxValue)
	if stop := strings.IndexByte(text[at:end], '\n'); stop >= 0 {
		end = at + stop
	}
	return text[start:end]
}

// amountWords occur in names of numbers: MAX_TOKEN, TOKEN_TTL.
var amountWords = []string{"max", "min", "count", "length", "size", "limit", "ttl", "expir", "timeout", "num", "total"}

// isTestValue reports whether a value cannot be a secret: a number with the name of an amount or
// token, or the name of the service itself.
func isTestValue(name, value string) bool {
	lower := strings.ToLower(name)
	if strings.Trim(value, "0123456789") == "" {
		if strings.HasSuffix(lower, "token") {
			return true
		}
		for _, word := range amountWords {
			if strings.Contains(lower, word) {
				return true
			}
		}
	}
	if strings.HasSuffix(lower, "existingsecret") { // charts name the object that holds it
		return true
	}
	if word, _, _ := strings.Cut(value, " "); word != value && strings.Contains(value, "passwd") { // cat_passwd='getent passwd'
		return true
	}
	service, _, _ := strings.Cut(lower, "_")
	return service == strings.ToLower(value)
}
