package secret

import (
	"slices"
	"strings"
)

// maxAuthority is the longest part of a URL before its path that is looked at.
const maxAuthority = 400

// inURLs finds the literals before the @ of URLs: a password behind a user's
// name, or a token in its place.
func inURLs(text string) []Match {
	var found []Match
	for from := 0; ; {
		at := strings.Index(text[from:], "://")
		if at < 0 {
			return found
		}
		start := from + at + len("://")
		from = start
		authority := text[start:min(len(text), start+maxAuthority)]
		if end := strings.IndexAny(authority, "/ \t\r\n\"'?#"); end >= 0 {
			authority = authority[:end]
		}
		end := strings.LastIndexByte(authority, '@')
		if end <= 0 {
			continue
		}
		user, password, has := strings.Cut(authority[:end], ":")
		switch {
		case has && isLiteral(password):
			found = append(found, Match{Start: start + len(user) + 1, End: start + end, Kind: "password in a URL"})
		case !has && len(user) >= 20 && isLiteral(user):
			found = append(found, Match{Start: start, End: start + end, Kind: "token in a URL"})
		}
	}
}

// commandMarkers are the options, in lower case, that take a password.
var commandMarkers = []string{" -u", " --user", " -p"}

// inCommands finds the passwords that curl -u, wget --user, docker login -p and
// sshpass -p take as arguments.
func inCommands(text, lower string) []Match {
	if !slices.ContainsFunc(commandMarkers, func(marker string) bool { return strings.Contains(lower, marker) }) {
		return nil
	}
	var found []Match
	for start := 0; start < len(text); {
		end := len(text)
		if at := strings.IndexAny(text[start:], "\n|;"); at >= 0 {
			end = start + at
		}
		found = inCommand(found, text[start:end], start)
		start = end + 1
	}
	return found
}

// inCommand looks at one command, which starts at offset.
func inCommand(found []Match, command string, offset int) []Match {
	takesUser, takesPassword := false, false
	option := ""
	for at := 0; at < len(command); {
		word, from := nextWord(command, at)
		if word == "" {
			break
		}
		at = from + len(word)
		switch {
		case word == "curl" || word == "wget":
			takesUser = true
		case word == "login" || word == "sshpass":
			takesPassword = true
		case option == "-u" || option == "--user":
			if user, password, has := strings.Cut(word, ":"); takesUser && has {
				value, skipped := trimQuotes(password)
				if isLiteral(value) {
					begin := offset + from + len(user) + 1 + skipped
					found = append(found, Match{Start: begin, End: begin + len(value), Kind: "password"})
				}
			}
		case option == "-p" && takesPassword:
			if value, skipped := trimQuotes(word); isLiteral(value) {
				found = append(found, Match{Start: offset + from + skipped, End: offset + from + skipped + len(value), Kind: "password"})
			}
		}
		option = word
	}
	return found
}

func nextWord(text string, at int) (word string, from int) {
	for at < len(text) && strings.IndexByte(" \t\r\\", text[at]) >= 0 {
		at++
	}
	end := at
	for end < len(text) && strings.IndexByte(" \t\r", text[end]) < 0 {
		end++
	}
	return text[at:end], at
}

// trimQuotes returns value without the quotes around it, and how many bytes of
// them stood before.
func trimQuotes(value string) (inner string, skipped int) {
	inner = strings.TrimLeft(value, "\"'")
	return strings.TrimRight(inner, "\"'"), len(value) - len(inner)
}

// bearer stands before a token in a header of HTTP.
const bearer = "bearer"

// shortestBearer is the length below which nothing is taken for a bearer token.
const shortestBearer = 16

// bearers finds the tokens behind the word bearer and blanks.
func bearers(text, lower string) []Match {
	var found []Match
	for from := 0; ; {
		at := strings.Index(lower[from:], bearer)
		if at < 0 {
			return found
		}
		at += from
		from = at + len(bearer)
		start := from
		for start < len(text) && strings.IndexByte(" \t\r\n\f", text[start]) >= 0 {
			start++
		}
		if start == from || at > 0 && isWordByte(lower[at-1]) {
			continue
		}
		end := start
		for end < len(text) && (isWordByte(lower[end]) || strings.IndexByte("-.+/=", text[end]) >= 0) {
			end++
		}
		if end-start >= shortestBearer && isLiteral(text[start:end]) {
			found = append(found, Match{Start: start, End: end, Kind: "bearer token"})
		}
		from = end
	}
}

// isWordByte tells whether a byte of text in lower case belongs to a word.
func isWordByte(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

const (
	keyBegin  = "-----BEGIN "
	keyEnd    = "-----END "
	keyHeader = "PRIVATE KEY-----"
)

// privateKeys finds PEM private keys: from the header to the footer, or the
// header alone where there is no footer before the next.
func privateKeys(text string) []Match {
	var found []Match
	for from := 0; ; {
		at := strings.Index(text[from:], keyBegin)
		if at < 0 {
			return found
		}
		start := from + at
		from = start + len(keyBegin)
		name := text[from:min(len(text), from+60)]
		header := strings.Index(name, keyHeader)
		if header < 0 || strings.Trim(name[:header], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ") != "" {
			continue
		}
		end := from + header + len(keyHeader)
		from = end
		body := text[end:]
		if next := strings.Index(body, "-----"); next >= 0 && strings.HasPrefix(body[next:], keyEnd) {
			end += next + len(keyEnd)
			if close := strings.Index(text[end:min(len(text), end+60)], "-----"); close >= 0 {
				end += close + len("-----")
			}
			from = end
		}
		found = append(found, Match{Start: start, End: end, Kind: "private key", shown: len(keyBegin) - 1})
	}
}
