package secret

import (
	"net/url"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/loopback"
)

// maxAuthority is the longest checked part of a URL before its path.
const maxAuthority = 400

// inURLs finds the literals before the @ of URLs: a password after a user's
// name, or a token alone.
func inURLs(text string) []Match {
	var found []Match
	eachLogin(text, func(start int, login, host string) {
		user, password, has := strings.Cut(login, ":")
		end := start + len(login)
		switch {
		case has && (password == user || isLocalHost(host)): // the login of a test service
		case has && isLiteral(password):
			found = append(found, Match{Start: start + len(user) + 1, End: end, Kind: "password in a URL"})
		case !has && len(user) >= 20 && isLiteral(user):
			found = append(found, Match{Start: start, End: end, Kind: "token in a URL"})
		}
	})
	return found
}

// usersInURLs finds the users of URLs that have no password. A variable is not
// one, and git is a user of every Git host.
func usersInURLs(text string) []Match {
	var found []Match
	eachLogin(text, func(start int, login, _ string) {
		if !strings.ContainsAny(login, ":$") && login != "git" {
			found = append(found, Match{Start: start, End: start + len(login)})
		}
	})
	return found
}

// eachLogin visits the text before the @ of each URL, with its offset and the
// host after it.
func eachLogin(text string, visit func(start int, login, host string)) {
	for from := 0; ; {
		at := strings.Index(text[from:], "://")
		if at < 0 {
			return
		}
		start := from + at + len("://")
		from = start
		authority := text[start:min(len(text), start+maxAuthority)]
		if end := strings.IndexAny(authority, "/ \t\r\n\"'?#"); end >= 0 {
			authority = authority[:end]
		}
		if end := strings.LastIndexByte(authority, '@'); end > 0 {
			visit(start, authority[:end], authority[end+1:])
		}
	}
}

// isLocalHost reports whether a host with its port is the machine itself.
func isLocalHost(host string) bool { return loopback.Is((&url.URL{Host: host}).Hostname()) }

// commandMarkers are lower-case texts, one of which is in every command that takes a password, by
// option or pipe.
var commandMarkers = []string{" -u", " --user", " -p", " -a ", " -k", "pass", " --pat", " -w ", " -s", " -n ", " -b", "--proxy-user", "-creds "}

// passwordOptions are options with a password, by program. Options in attached may have it attached
// (-pVALUE), and it may follow "pass:", as openssl writes it.
type passwordOptions struct {
	separate []string
	attached []string
	user     string   // what is between user and password in the value of -u
	with     []string // one of these is in a command that takes a password; empty for every command
}

// appliesTo reports whether a command of the program can take a password.
func (o passwordOptions) appliesTo(command string) bool {
	return len(o.with) == 0 || slices.ContainsFunc(o.with, func(part string) bool { return strings.Contains(command, part) })
}

// isPort reports whether a value of -p is a port, or a pair of ports as docker run takes it.
func isPort(value string) bool {
	return strings.Contains(value, ":") && strings.Trim(value, "0123456789:.") == ""
}

var commandPasswords = map[string]passwordOptions{
	"login":   {separate: []string{"-p"}}, // docker, podman, helm registry
	"sshpass": {separate: []string{"-p"}, attached: []string{"-p"}},
	"mysql":   mysqlOptions, "mysqldump": mysqlOptions, "mysqladmin": mysqlOptions, "mysqlimport": mysqlOptions, "mariadb": mysqlOptions, "mariadb-dump": mysqlOptions,
	"keytool": keystoreOptions, "jarsigner": keystoreOptions,
	"apksigner": {separate: []string{"--ks-pass", "--key-pass"}},
	"gpg":       {separate: []string{"--passphrase"}, attached: []string{"--passphrase="}},
	"gpg2":      {separate: []string{"--passphrase"}, attached: []string{"--passphrase="}},
	"openssl":   {separate: []string{"-k", "-pass", "-passin", "-passout", "-password"}},
	"vsce":      {separate: []string{"--pat", "-p"}, attached: []string{"--pat="}},
	"ovsx":      {separate: []string{"--pat", "-p"}, attached: []string{"--pat="}},
	"redis-cli": {separate: []string{"-a", "--pass"}},
	"mongo":     mongoOptions, "mongosh": mongoOptions, "mongodump": mongoOptions, "mongorestore": mongoOptions, "mongoimport": mongoOptions,
	"ldapsearch": {separate: []string{"-w"}}, "ldapmodify": {separate: []string{"-w"}}, "ldapadd": {separate: []string{"-w"}},
	"zip": {separate: []string{"-P", "--password"}}, "unzip": {separate: []string{"-P"}},
	"7z": {attached: []string{"-p"}}, "7za": {attached: []string{"-p"}}, "rar": {attached: []string{"-p"}}, "unrar": {attached: []string{"-p"}},
	"sqlcmd": {separate: []string{"-P"}, attached: []string{"-P"}}, "bcp": {separate: []string{"-P"}, attached: []string{"-P"}},
	"twine":             {separate: []string{"-p"}},
	"signtool":          {separate: []string{"/p"}},
	"security":          {separate: []string{"-p", "-P"}, with: []string{"-keychain", " import "}},
	"clickhouse-client": {separate: []string{"--password"}},
	"ssh-keygen":        {separate: []string{"-N", "-P"}},
	"conan":             {separate: []string{"-p"}, with: []string{" login", " user "}},
	"ncftpput":          {separate: []string{"-p"}},
	"altool":            {separate: []string{"-p"}}, "notarytool": {separate: []string{"-p"}},
	"ossutil": {separate: []string{"-k"}, with: []string{" config "}}, "ossutil64": {separate: []string{"-k"}, with: []string{" config "}}, "coscmd": {separate: []string{"-s"}, with: []string{" config "}},
	"curl": {user: ":"}, "lftp": {user: ","}, "nuget": {separate: []string{"-p", "-k"}, with: []string{" source ", " push "}}, "smbclient": {user: "%"}, "rpcclient": {user: "%"}, "winexe": {user: "%"}, "skopeo": {user: ":"}, "useradd": {separate: []string{"-p", "--password"}}, "usermod": {separate: []string{"-p"}},
}

// userOptions are the options whose value is a user with a password.
var userOptions = []string{"-u", "-U", "--user", "--proxy-user", "--creds", "--src-creds", "--dest-creds"}

var (
	mysqlOptions    = passwordOptions{attached: []string{"-p"}}
	mongoOptions    = passwordOptions{separate: []string{"-p"}}
	keystoreOptions = passwordOptions{separate: []string{"-storepass", "-keypass", "-srcstorepass", "-deststorepass", "-srckeypass", "-destkeypass", "-new"}}
)

// inCommands finds the passwords that programs take as arguments, and those
// that are piped into a login.
func inCommands(text, lower string) []Match {
	if !slices.ContainsFunc(commandMarkers, func(marker string) bool { return strings.Contains(lower, marker) }) {
		return nil
	}
	var found []Match
	previous := ""
	previousStart := 0
	for start := 0; start < len(text); {
		end := commandEnd(text, start)
		command := text[start:end]
		found = inCommand(found, command, start)
		if strings.HasSuffix(text[:start], "|") && readsPassword(command) {
			found = piped(found, previous, previousStart, strings.Contains(command, "chpasswd"))
		}
		found = givenInput(found, command, start)
		previous, previousStart = command, start
		start = end + 1
	}
	return found
}

// commandEnd returns where the command that begins at start ends. A backslash
// at the end of a line continues it.
func commandEnd(text string, start int) int {
	for at := start; ; {
		next := strings.IndexAny(text[at:], "\n|;&")
		if next < 0 {
			return len(text)
		}
		at += next
		switch text[at] {
		case '&':
			if strings.HasPrefix(text[at:], "&&") {
				return at
			}
		case '\n':
			if at == 0 || text[at-1] != '\\' {
				return at
			}
		default:
			return at
		}
		at++
	}
}

// givenInput finds the literal password that a command gets by a here-string (--password-stdin <<<
// VALUE), or from a command in the place of its password file (--password-file=<(echo VALUE)).
func givenInput(found []Match, command string, offset int) []Match {
	if at := strings.Index(command, "<<<"); at >= 0 && readsPassword(command) {
		word, from := nextWord(command, at+len("<<<"))
		value, skipped := trimQuotes(word)
		if isLiteral(value) {
			found = append(found, Match{Start: offset + from + skipped, End: offset + from + skipped + len(value), Kind: "password"})
		}
	}
	before, after, has := strings.Cut(command, "<(")
	if !has {
		return found
	}
	words := strings.Fields(before)
	if last := len(words) - 1; last < 0 || !strings.Contains(words[last], "pass") && !(strings.HasSuffix(words[last], "<") && readsPassword(before)) {
		return found
	}
	inner, _, _ := strings.Cut(after, ")")
	return piped(found, inner, offset+len(before)+len("<("), false)
}

// readsPassword reports whether a command reads a password from its input.
func readsPassword(command string) bool {
	words := strings.Fields(command)
	return slices.Contains(words, "--password-stdin") || slices.Contains(words, "chpasswd") || len(words) > 1 && words[0] == "sudo" && slices.Contains(words, "-S") || slices.Contains(words, "--passphrase-fd")
}

// piped finds the literal text that echo or printf sends into a pipe, after the user's name if the
// other program takes users.
func piped(found []Match, command string, offset int, takesUsers bool) []Match {
	word, from := nextWord(command, 0)
	if word != "echo" && word != "printf" {
		return found
	}
	for {
		word, from = nextWord(command, from+len(word))
		if word == "" {
			return found
		}
		value, skipped := trimQuotes(word)
		if user, password, has := strings.Cut(value, ":"); has && takesUsers {
			value, skipped = password, skipped+len(user)+1
		}
		if word[0] != '-' && !strings.Contains(value, "%s") && isLiteral(value) {
			return append(found, Match{Start: offset + from + skipped, End: offset + from + skipped + len(value), Kind: "password"})
		}
	}
}

// inCommand checks one command, which starts at offset.
func inCommand(found []Match, command string, offset int) []Match {
	found = inHtpasswd(found, command, offset)
	var options passwordOptions
	option := ""
	for at := 0; at < len(command); {
		word, from := nextWord(command, at)
		if word == "" {
			break
		}
		at = from + len(word)
		named := strings.HasPrefix(option, "--") && option != "--" // --name mongo
		if of, known := commandPasswords[word[strings.LastIndexByte(word, '/')+1:]]; known && !named && of.appliesTo(command) {
			options = of
		}
		value, skipped := word, 0
		switch attached := attachedTo(options.attached, word); {
		case options.user != "" && (slices.Contains(userOptions, option) || attachedTo(userOptions, word) > 0):
			user, password, has := strings.Cut(word, options.user)
			if !has {
				option = word
				continue
			}
			value, skipped = password, len(user)+len(options.user)
		case slices.Contains(options.separate, option):
		case attached > 0:
			value, skipped = word[attached:], attached
		default:
			option = word
			continue
		}
		if scheme, rest, has := strings.Cut(value, "pass:"); has && strings.Trim(scheme, "\"'") == "" {
			skipped += len(value) - len(rest)
			value = rest
		}
		inner, quotes := trimQuotes(value)
		if source, _, has := strings.Cut(inner, ":"); has && (source == "env" || source == "file" || source == "fd") {
			option = word
			continue
		}
		if begin := offset + from + skipped + quotes; isLiteral(inner) && !isPort(inner) && !isLocalLogin(command) {
			found = append(found, Match{Start: begin, End: begin + len(inner), Kind: "password"})
		}
		option = word
	}
	return found
}

// inHtpasswd finds the password of htpasswd -b, after the user and the file, which -n leaves out.
func inHtpasswd(found []Match, command string, offset int) []Match {
	at := strings.Index(command, "htpasswd ")
	if at < 0 {
		return found
	}
	operands, options := 0, ""
	for at += len("htpasswd"); ; {
		word, from := nextWord(command, at)
		at = from + len(word)
		switch {
		case word == "":
			return found
		case word[0] == '-':
			options += word
			continue
		}
		operands++
		if operands < 3 && !(operands == 2 && strings.Contains(options, "n")) {
			continue
		}
		value, skipped := trimQuotes(word)
		if strings.Contains(options, "b") && isLiteral(value) {
			found = append(found, Match{Start: offset + from + skipped, End: offset + from + skipped + len(value), Kind: "password"})
		}
		return found
	}
}

// attachedTo returns the length of the option at the start of word with an attached value, 0 if
// there is none.
func attachedTo(options []string, word string) int {
	for _, option := range options {
		if strings.HasPrefix(word, option) && len(word) > len(option) {
			return len(option)
		}
	}
	return 0
}

// isLocalLogin reports whether a command logs in to its own machine: the password of a test service
// is not a secret.
func isLocalLogin(command string) bool {
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
		if at := strings.Index(command, host); at > 0 && (command[at-1] == ' ' || command[at-1] == 'h' || command[at-1] == '=' || command[at-1] == '@' || command[at-1] == '/') {
			return true
		}
	}
	return false
}

func nextWord(text string, at int) (word string, from int) {
	for at < len(text) && strings.IndexByte(" \t\r\n\\", text[at]) >= 0 {
		at++
	}
	end := at
	for end < len(text) && strings.IndexByte(" \t\r\n", text[end]) < 0 {
		end++
	}
	return text[at:end], at
}

// trimQuotes returns value without its quotes, and how many bytes were before it.
func trimQuotes(value string) (inner string, skipped int) {
	inner = strings.TrimLeft(value, "\"'")
	return strings.TrimRight(inner, "\"'"), len(value) - len(inner)
}

// bearer precedes a token in an HTTP header.
const bearer = "bearer"

// shortestBearer is the minimum length of a bearer token.
const shortestBearer = 16

// bearers finds the tokens after the word bearer and blanks.
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

// isWordByte reports whether a byte of text in lower case belongs to a word.
func isWordByte(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

const (
	keyBegin  = "-----BEGIN "
	keyEnd    = "-----END "
	keyHeader = "PRIVATE KEY"
	keyDashes = "-----"
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
		end += len(text[end:]) - len(strings.TrimPrefix(text[end:], " BLOCK")) // as PGP says it
		if !strings.HasPrefix(text[end:], keyDashes) {
			continue
		}
		end += len(keyDashes)
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
