package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// sources checks the code sources of a job: scm-url, scm-credentials, scm-type,
// scm-branch, scm-depth (reference 4.18, scms).
func (p *pass) sources(u *unit) {
	list := u.node.Get("scms")
	if list == nil || list.Kind != spec.SequenceNode {
		return
	}
	for i, n := range list.Items {
		pointer := u.pointer + ".scms" + spec.ItemSegment(n, i)
		for _, v := range u.values(n.Get("url")) {
			p.scmURL(v, pointer+".url")
			p.scmCredentials(v, pointer+".url")
		}
		for _, v := range u.values(n.Get("scm_type")) {
			p.scmType(v, pointer+".scm_type", n.Str("url"))
		}
		for _, v := range u.values(n.Get("branch")) {
			p.scmBranch(v, pointer+".branch")
		}
		for _, v := range u.values(n.Get("build_type")) {
			if words := []string{"branch", "tag", "commitId"}; !slices.Contains(words, v.text) {
				p.report("scm-branch", v.node.Range, pointer+".build_type", "unknown build type "+quoted(v.text), spec.DidYouMeanOneOf(v.text, words))
			}
		}
		for _, v := range u.values(n.Get("depth")) {
			if depth, err := strconv.ParseUint(v.text, 10, 31); err != nil || depth == 0 {
				p.report("scm-depth", v.node.Range, pointer+".depth", "depth "+quoted(v.text)+" is not a positive number", "write 1 to clone only the last commit")
			}
		}
	}
}

var (
	// cloneAddress matches addresses that git can clone: ssh, https, and the scp form.
	cloneAddress = pattern(`^(ssh://|https?://|git://)[^\s/]+/\S+$|^[A-Za-z0-9_.\-]+@[A-Za-z0-9_.\-]+:\S+$`)
	// scpWithSlash matches the scp form with a slash in the place of its colon.
	scpWithSlash = pattern(`^(git@[A-Za-z0-9_.\-]+)/([A-Za-z0-9_.\-/]+)$`)
	// webPage matches the paths of the usual hosts' web pages.
	webPage = pattern(`/(tree|blob|commits?|branches|tags|pulls?|merge_requests|issues|releases|wiki)(/|$)|/-/|/(home|summary|files)/?$|[?#]|/codehub/project/`)
)

func (p *pass) scmURL(v value, pointer string) {
	switch {
	case strings.Contains(v.text, "${") && !strings.Contains(v.text, spec.ReferenceStart): // known when the job runs
	case strings.TrimSpace(v.text) != v.text || strings.ContainsAny(v.text, " \t\n"):
		p.report("scm-url", v.node.Range, pointer, "the clone address "+quotedURL(v.text)+" contains blanks", "remove them")
	case !cloneAddress().MatchString(v.text):
		hint := "write git@host:group/repository.git or https://host/group/repository.git"
		if m := scpWithSlash().FindStringSubmatch(v.text); m != nil {
			hint = "write " + m[1] + ":" + m[2]
		}
		p.report("scm-url", v.node.Range, pointer, quotedURL(v.text)+" is not a clone address", hint)
	case strings.HasPrefix(v.text, "http") && webPage().MatchString(v.text):
		p.report("scm-url", v.node.Range, pointer, quotedURL(v.text)+" is a web page, not a clone address", "copy the address that the repository offers for cloning; it ends in .git")
	}
}

// credentials matches the user part of a URL. A user alone before an scp or ssh host is not a
// secret.
var credentials = pattern(`^([a-z]+://)([^\s/@]+)@`)

func (p *pass) scmCredentials(v value, pointer string) {
	m := credentials().FindStringSubmatchIndex(v.text)
	if m == nil {
		return
	}
	scheme, user := v.text[m[2]:m[3]], v.text[m[4]:m[5]]
	name, password, hasPassword := strings.Cut(user, ":")
	literal := password
	if !hasPassword {
		if scheme == "ssh://" || scheme == "git://" || len(name) < 20 {
			return // a user's name, not a token
		}
		literal = name
	}
	if literal == "" || strings.Contains(literal, "$") {
		return
	}
	at := v.node.Range
	if v.text == v.node.Text {
		at = p.textRange(v.node, m[4], m[5])
	}
	p.report("scm-credentials", at, pointer, "the clone address contains credentials",
		"remove them and set end_point_id to a service endpoint; then revoke them, as Git keeps them")
}

// quotedURL quotes an address without its user part.
func quotedURL(text string) string {
	return quoted(credentials().ReplaceAllString(text, "${1}****@"))
}

func (p *pass) scmType(v value, pointer, url string) {
	known := p.config.tables.scmTypes
	if !slices.ContainsFunc(known, func(s string) bool { return strings.EqualFold(s, v.text) }) {
		p.report("scm-type", v.node.Range, pointer, "unknown code source "+quoted(v.text),
			strings.TrimSpace(spec.DidYouMeanOneOf(v.text, known)+" If the service knows it, add it to lint.tables.scm_types"))
		return
	}
	for _, host := range []string{"github", "gitlab", "gitee"} {
		if strings.EqualFold(v.text, "codehub") && (strings.Contains(url, "@"+host+".com:") || strings.Contains(url, "//"+host+".com/")) {
			p.report("scm-type", v.node.Range, pointer, "scm_type is codehub, but the address is on "+host+".com", "write scm_type: "+host)
		}
	}
}

var badBranch = pattern(`[\s~^:?*\[\\]|\.\.|@\{|//|^[-/]|[/.]$|\.lock$`)

func (p *pass) scmBranch(v value, pointer string) {
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "origin/"} {
		name, cut := strings.CutPrefix(v.text, prefix)
		if !cut || name == "" {
			continue
		}
		d := p.report("scm-branch", v.node.Range, pointer, "branch "+quoted(v.text)+" starts with "+prefix, "write "+name)
		if v.node.Text == v.text && prefix == "refs/heads/" {
			d.Fixes = p.replace(p.textRange(v.node, 0, len(prefix)), "", "remove "+prefix, unsafeFix)
		}
		return
	}
	if !strings.Contains(v.text, "${") && badBranch().MatchString(v.text) {
		hint := "write the branch to build, such as main"
		if bad := badBranch().FindString(v.text); bad != "" {
			hint = "Git does not allow " + quoted(bad) + " there in a branch name"
		}
		p.report("scm-branch", v.node.Range, pointer, quoted(v.text)+" cannot be the name of a branch", hint)
	}
}
