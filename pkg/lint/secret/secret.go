// Package secret finds suspected passwords, keys and tokens in definitions, scripts and messages.
// It has few rules of its own: the recognisable token forms of well-known services, private keys,
// and literals in the place of a password. References such as $TOKEN, ${TOKEN}, <token> and ****
// are not secrets.
//
// All expressions are RE2 with few states, each is used only if its marker occurs, and the searched
// text is bounded: every input takes linear time.
package secret

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Match is one literal that should not be in a file.
type Match struct {
	Start, End int    // bytes of the text searched
	Kind       string // for people: "GitHub token", "password"
	shown      int    // leading bytes that say only what kind it is
}

// shortest is the minimum length of a secret.
const shortest = 6

// maxText is how much of one text is searched.
const maxText = 1 << 20

// rule is one form of secret. marker is lower-case text that must occur before
// the expression is tried; the expression's group 1 is the secret.
type rule struct {
	kind    string
	markers []string
	pattern func() *regexp.Regexp
	shown   int               // leading bytes of the secret that may be shown
	check   func(string) bool // what it must be besides; may be nil
}

var rules = []rule{
	{kind: "GitHub token", markers: []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"},
		pattern: pattern(`\b(gh[pousr]_[A-Za-z0-9]{36,})\b`), shown: 4},
	{kind: "GitHub token", markers: []string{"github_pat_"},
		pattern: pattern(`\b(github_pat_[A-Za-z0-9_]{22,})\b`), shown: 11},
	{kind: "GitLab token", markers: []string{"glpat-"},
		pattern: pattern(`\b(glpat-[A-Za-z0-9_\-.]{20,})`), shown: 6},
	{kind: "SonarQube token", markers: []string{"sonar.login", "sqp_", "squ_", "sqa_"},
		pattern: pattern(`(?:sonar\.login=["']?([0-9a-f]{40})\b|\b(sq[pua]_[0-9a-f]{40})\b)`)},
	{kind: "Slack token", markers: []string{"xox"},
		pattern: pattern(`\b(xox[abeoprs]-[A-Za-z0-9\-]{10,})`), shown: 5},
	{kind: "npm token", markers: []string{"npm_"},
		pattern: pattern(`\b(npm_[A-Za-z0-9]{36})\b`), shown: 4},
	{kind: "PyPI token", markers: []string{"pypi-"},
		pattern: pattern(`\b(pypi-[A-Za-z0-9_\-]{50,})`), shown: 5},
	{kind: "Docker Hub token", markers: []string{"dckr_pat_"},
		pattern: pattern(`\b(dckr_pat_[A-Za-z0-9_\-]{20,})`), shown: 9},
	{kind: "AWS access key", markers: []string{"akia", "asia"},
		pattern: pattern(`\b((?:AKIA|ASIA)[A-Z0-9]{16})\b`), shown: 4},
	{kind: "Google API key", markers: []string{"aiza"},
		pattern: pattern(`\b(AIza[A-Za-z0-9_\-]{35})`), shown: 4},
	{kind: "JSON web token", markers: []string{"eyj"},
		pattern: pattern(`\b(eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,})`), shown: 3},
	{kind: "Huawei Cloud secret key", markers: []string{"sk=", "sk:", "sk\"", "sk'", "sk =", "-k="}, // 40 letters and digits, as IAM makes them
		pattern: pattern(`(?:(?:^|[^A-Za-z0-9])(?i:SK)\\?["']?\s*[=:]\s*\\?["']?|\s-k=["']?|\s--?sk[ =]["']?)([A-Za-z0-9]{40})\b`)},
	{kind: "password in a header", markers: []string{"basic "},
		pattern: pattern(`(?i)\bbasic\s+([A-Za-z0-9+/]{12,}={0,2})`), check: isUserAndPassword},
	{kind: "webhook address", markers: []string{"oapi.dingtalk.com", "qyapi.weixin.qq.com", "open.feishu.cn", "hooks.slack.com"},
		pattern: pattern(`(?:oapi\.dingtalk\.com/robot/send\?access_token=|qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=|open\.feishu\.cn/open-apis/bot/v2/hook/|hooks\.slack\.com/services/)([A-Za-z0-9_\-/]{16,})`)},
}

// pattern returns an expression that is compiled when its marker first occurs; most runs need none.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

func (r *rule) appendTo(found []Match, text string) []Match {
	for _, at := range r.pattern().FindAllStringSubmatchIndex(text, -1) {
		group := 2
		for at[group] < 0 {
			group += 2 // the pattern has alternatives
		}
		start, end := unquote(text, at[group], at[group+1])
		if isMadeUp(text[start:end]) || r.check != nil && !r.check(text[start:end]) {
			continue
		}
		found = append(found, Match{Start: start, End: end, Kind: r.kind, shown: r.shown})
	}
	return found
}

// Find returns the secrets in text in their order, none overlapping another.
func Find(text string) []Match { return Everything().Find(text) }

// FindValue is Find for the value of a named parameter or key. A name such as NEXUS_PASSWORD makes
// any literal value a secret.
func FindValue(name, value string) []Match { return Everything().FindValue(name, value) }

// IsSecretName reports whether name is one of a secret: whether its last word, in snake or camel
// case, is one of nameWords.
func IsSecretName(name string) bool {
	if name == "" || len(name) > 256 || !endsNameWord(name[len(name)-1]) || markers().within(name, nil)&markers().names == 0 {
		return false
	}
	lower := asciiLower(name)
	for _, word := range nameWords {
		before, ok := strings.CutSuffix(lower, word)
		if !ok {
			continue
		}
		if before == "" || strings.ContainsRune("_-.", rune(before[len(before)-1])) {
			return true
		}
		if first := name[len(before)]; 'A' <= first && first <= 'Z' && name != strings.ToUpper(name) {
			return true
		}
	}
	return false
}

// endsNameWord reports whether one of nameWords ends in c: most names need no
// closer look.
func endsNameWord(c byte) bool {
	switch lowerByte(c) {
	case 'd', 'n', 's', 't', 'y':
		return true
	}
	return false
}

// Redact returns text with every secret masked. The number of characters stays,
// so that columns do. The user of a URL is masked as well, however short: it may
// be a token, and nobody needs it to find the place.
func Redact(text string) string {
	matches := Find(text)
	if users := usersInURLs(text); len(users) > 0 {
		matches = withoutOverlaps(append(matches, users...))
	}
	if len(matches) == 0 {
		return text
	}
	var out strings.Builder
	last := 0
	for _, m := range matches {
		out.WriteString(text[last:m.Start])
		out.WriteString(m.mask(text[m.Start:m.End]))
		last = m.End
	}
	out.WriteString(text[last:])
	return out.String()
}

// Excerpt returns the part of the secret that may be shown: a token's issuer prefix, nothing of a
// password.
func (m Match) Excerpt(text string) string {
	value := text[m.Start:m.End]
	return value[:min(m.shown, len(value))] + "****"
}

func (m Match) mask(value string) string {
	shown := min(m.shown, len(value))
	var out strings.Builder
	out.WriteString(value[:shown])
	for _, r := range value[shown:] {
		if r == '\n' || r == '\r' || r == '\t' {
			out.WriteRune(r)
			continue
		}
		out.WriteByte('*')
	}
	return out.String()
}

// placeholder matches placeholders for values.
var placeholder = pattern(`(?i)^(x{3,}|\.{2,}|…+|-+|_+|\*+|#+|change[_\-]?(me|it)[\w/]*|not[_\-]?a[_\-](secret|password|token|key)[\w\-]*|insecure[\w\-]*|[\w\-]*for[_\-](tests?|testing|ci)|placeholder|todo|none|null|true|false|yes|no|redacted|required|optional|string|text|env|file|stdin|auto|your[_\-].*|my[_\-].*|(fake|dummy|example|sample|mock|replace|insert)[\w\-]*|.*example(key)?|test[_\-]?(password|passwd|pass|token|secret|key)\d*|test\d*|my(secret)?password\d*|password|secret|([a-z]{2,10}[_\-]){1,3}(x{3,}|\.{3,}|…|\*{3,}|your\b).*|postgres(ql)?|mysql|mariadb|mongodb|rabbitmq|minioadmin|elastic|oracle)$`)

// reference matches the name of a variable or secret: NEXUS_TOKEN.
var reference = pattern(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

// readElsewhere matches how programs refer to a value that is stored elsewhere.
var readElsewhere = pattern(`^(os\.(environ|getenv)|process\.env|System\.getenv|getenv|ENV\[|Deno\.env|(env|secrets|vars|vault|params|inputs)\.[A-Za-z_])`)

// isLiteral reports whether value is a literal, not a reference, a placeholder or too short.
func isLiteral(value string) bool {
	if len(value) < shortest || placeholder().MatchString(value) || strings.ContainsAny(value, "$`") {
		return false
	}
	if strings.ContainsRune("<[{(-/.%@*", rune(value[0])) || strings.HasPrefix(value, "id=") || readElsewhere().MatchString(value) {
		return false
	}
	return !isDigest(value) && (!reference().MatchString(value) || looksIssued(value))
}

// isDigest reports whether value is the digest of a file or an image, such as sha256:9f3a…. In a
// lock it stands behind the name of the file, which may be "token". One that was cut short is still
// no password.
func isDigest(value string) bool {
	algorithm, digits, _ := strings.Cut(value, ":")
	switch algorithm {
	case "sha256", "sha384", "sha512":
		return len(digits) >= 32 && strings.Trim(digits, "0123456789abcdef") == ""
	}
	return false
}

// looksIssued distinguishes an access key in capitals and digits from a variable's name.
func looksIssued(value string) bool {
	return len(value) >= 16 && !strings.Contains(value, "_") && strings.ContainsAny(value, "0123456789")
}

// prose matches the words that follow a colon in a sentence.
var prose = pattern(`^[A-Za-z][a-z]*([_\-][a-z]+)*[.!?]?$`)

// fileName matches the names of files, as in grep password: config.yml.
var fileName = pattern(`^[\w./-]+\.(ya?ml|json|txt|conf|cfg|ini|properties|env|xml|sh|md|log)$`)

// isUnlikeProse is isLiteral for places where "token: required" is probably a sentence, "password:
// !vault" a tag, "passwd:\s" an expression, and "password: config.yml" a command.
func isUnlikeProse(value string) bool {
	return isLiteral(value) && value[0] != '!' && value[0] != '\\' && !prose().MatchString(value) && !fileName().MatchString(value)
}

// isUserAndPassword reports whether a header's value is a name and password of HTTP basic
// authentication.
func isUserAndPassword(value string) bool {
	plain, err := base64.StdEncoding.DecodeString(value)
	if err != nil || !utf8.Valid(plain) {
		return false
	}
	_, password, has := strings.Cut(string(plain), ":")
	return has && password != ""
}

// isEncodedKey reports whether a value is a private key in PEM, encoded once more.
func isEncodedKey(value string) bool {
	plain, _ := base64.StdEncoding.DecodeString(value[:min(80, len(value)/4*4)])
	return strings.Contains(string(plain), keyHeader)
}

func unquote(text string, start, end int) (int, int) {
	if end-start >= 2 && (text[start] == '"' || text[start] == '\'') && text[end-1] == text[start] {
		return start + 1, end - 1
	}
	return start, end
}

func withoutOverlaps(found []Match) []Match {
	slices.SortStableFunc(found, func(a, b Match) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	kept := found[:0]
	for _, m := range found {
		if len(kept) > 0 && m.Start < kept[len(kept)-1].End {
			continue
		}
		kept = append(kept, m)
	}
	return kept
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
