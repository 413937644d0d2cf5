package secret

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// The tokens are put together here so that no scanner takes this file for a leak.
var (
	alnum36  = strings.Repeat("aB3", 12)
	github   = "ghp_" + alnum36
	awsKey   = "AKIA" + "QWERTYUIOP123456"
	password = "Tr0ub4dor" + "&3x"
)

func TestFind(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, secret, kind string }{
		{"GitHub token", "git clone https://" + github + "@github.com/a/b", github, "GitHub token"},
		{"GitLab token", "x glpat-" + "abcdefghij0123456789", "glpat-abcdefghij0123456789", "GitLab token"},
		{"access key", "export AK=" + awsKey, awsKey, "AWS access key"},
		{"shell assignment", "export DB_PASSWORD=" + password, password, "password"},
		{"quoted assignment", `NEXUS_TOKEN="` + password + `"`, password, "password"},
		{"lower-case word after =", "password=correcthorse", "correcthorse", "password"},
		{"long option", "deploy --password " + password + " --yes", password, "password"},
		{"long option with =", "deploy --api-key=" + password, password, "password"},
		{"Java property", "mvn -Dnexus.password=" + password, password, "password"},
		{"JSON", `{"password": "` + password + `"}`, password, "password"},
		{"URL", "git clone https://bob:" + password + "@host/x.git", password, "password in a URL"},
		{"curl user", "curl -s -u bob:" + password + " https://host", password, "password"},
		{"docker login", "docker login -u bob -p " + password + " host", password, "password"},
		{"bearer", "-H 'Authorization: Bearer " + alnum36 + "'", alnum36, "bearer token"},
		{"DingTalk", "https://oapi.dingtalk.com/robot/send?access_token=" + alnum36, alnum36, "webhook address"},
		{"private key", "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "private key"},
		{"Huawei Cloud's secret key", "export HUAWEICLOUD_SDK_SK=" + alnum36 + "aB3x", alnum36 + "aB3x", "Huawei Cloud secret key"},
		{"obsutil", "obsutil config -i=${ak} -k=" + alnum36 + "aB3x -e=obs", alnum36 + "aB3x", "Huawei Cloud secret key"},
		{"basic", "curl -H 'Authorization: Basic Ym9iOlRyMHViNGRvcg==' https://h", "Ym9iOlRyMHViNGRvcg==", "password in a header"},
		{"sshpass", "sshpass -p '" + password + "' ssh host", password, "password"},
		{"mysql", "mysql -uroot -p" + password, password, "password"},
		{"keytool", "keytool -genkey -alias a -storepass " + password + " -v", password, "password"},
		{"keytool over lines", "keytool -genkey \\\n  -keypass " + password, password, "password"},
		{"jarsigner", "/opt/jdk/bin/jarsigner -storepass " + password + " a.jar k", password, "password"},
		{"apksigner", "apksigner sign --ks k --ks-pass pass:" + password + " a.apk", password, "password"},
		{"gpg", "gpg --batch --passphrase " + password + " -c f", password, "password"},
		{"openssl", "openssl enc -aes-256-cbc -k " + password + " -in a", password, "password"},
		{"openssl pass:", "openssl rsa -passin pass:" + password + " -in a", password, "password"},
		{"docker login from a pipe", `echo "` + password + `" | docker login --password-stdin r`, password, "password"},
		{"printf into a pipe", "printf '" + password + "' | docker login -u a --password-stdin", password, "password"},
		{"sudo from a pipe", "echo " + password + " | sudo -S make install", password, "password"},
		{"SonarQube", "mvn sonar:sonar -Dsonar.login=" + strings.Repeat("0123456789abcdef", 3)[:40], strings.Repeat("0123456789abcdef", 3)[:40], "SonarQube token"},
		{"vsce", "vsce publish --pat " + password, password, "password"},
		{"redis", "redis-cli -h db -a " + password + " ping", password, "password"},
		{"zip", "zip -r -P " + password + " a.zip dist", password, "password"},
		{"mongo", "mongodump --host db -u app -p " + password, password, "password"},
		{"a default", `P="${DB_PASSWORD:-` + password + `}"`, password, "password"},
		{"after Chinese text", "密码 PASSWORD=" + password, password, "password"},
		{"a letter whose lower case is longer", "\u0130 PASSWORD=" + password, password, "password"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := Find(c.text)
			if len(found) != 1 {
				t.Fatalf("Find(%q) = %v, want one match", c.text, found)
			}
			if have := c.text[found[0].Start:found[0].End]; have != c.secret || found[0].Kind != c.kind {
				t.Errorf("found %q (%s), want %q (%s)", have, found[0].Kind, c.secret, c.kind)
			}
			if shown := found[0].Excerpt(c.text); strings.Contains(shown, c.secret) {
				t.Errorf("Excerpt shows the secret: %q", shown)
			}
			if redacted := Redact(c.text); strings.Contains(redacted, c.secret) || utf8.RuneCountInString(redacted) != utf8.RuneCountInString(c.text) {
				t.Errorf("Redact(%q) = %q", c.text, redacted)
			}
		})
	}
}

func TestFindLeavesAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"export TOKEN=$NEXUS_TOKEN", "export TOKEN=${NEXUS_TOKEN}", "password=<password>", "password=********", "PASSWORD=changeme",
		"description: Upload token: required for releases", "secret: NEXUS_TOKEN", "secret: NEXUS_TOKEN_2", "{name: A, secret: deploy-key}",
		"token=`cat file`", "docker build --secret=id=npmrc,src=.npmrc .", "docker login --password-stdin", "mvn -Dpassword=${env.PASSWORD}",
		"https://codehub.example.com/shop/order.git", "git@codehub.example.com:shop/order.git", "ssh://git@host:22/x.git", "password=", "pwd; ls -l",
		"TOKEN=NEXUS_TOKEN", "The password: see the wiki", "grep -i password: config.yml", "password: !vault |", "Authorization: Basic ${CREDENTIALS}", "the basic configuration0",
		`export P="${DB_PASSWORD:?DB_PASSWORD is required}"`, `echo "${DB_PASSWORD:?set-DB_PASSWORD-first}"`, `${DB_PASSWORD:?请先设置口令}`, `X="${DB_PASSWORD:+--password-stdin}"`, `Z=${API_TOKEN:?"token: Xk29dkS02kdlsq must be set"}`, `${A:+--password=Xk29dkS02kdlsq}`, `${DB_PASSWORD?no password given}`, `${DB_PASSWORD:-$(cat f)}`, `${DB_PASSWORD:0:12}`,
		"PGPASSWORD=postgres psql -h localhost", "psql postgres://postgres:postgres@localhost/x", "docker run -e POSTGRES_PASSWORD=postgres postgres:16", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		`useradd --password "fakepassword" u`, "PASSWORD=changeme123", "MAX_TOKEN=4096000", "TOKEN_TTL: 86400000", "mysql -uroot -p${PW}", "mysql -h127.0.0.1 -uroot -p" + password, "keytool -storepass ${STORE_PASS}", "keytool -storepass:env STORE_PASS",
		"gpg --passphrase-fd 0", "openssl enc -k $KEY", "openssl rsa -passin env:KEY_PASSWORD", `echo "$TOKEN" | docker login --password-stdin r`, "cat f | docker login --password-stdin", "tar -p -x", "psql postgres://app:" + password + "@127.0.0.1:5432/x",
		"psql postgres://app:" + password + "@[::1]:5432/x", "psql postgres://app:" + password + "@localhost.:5432/x", "psql postgres://app:" + password + "@127.1/x", "psql postgres://app:" + password + "@[::ffff:127.0.0.1]/x",
		"echo basic YWJjZGVmZ2hpams=", "MAVEN_SK=1", "skip_sk: true", "tool -k=v", "--token-file=/run/x", "curl -u $USER:$PASS https://h", "https://$USER:${PASS}@host/x",
	} {
		for _, m := range Find(text) {
			t.Errorf("Find(%q) takes %q for a %s", text, text[m.Start:m.End], m.Kind)
		}
	}
}

func TestFindValue(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, value string
		want        bool
	}{
		{"NEXUS_PASSWORD", "hunter22", true},
		{"nexusToken", "abcdefgh", true},
		{"DB_PASS", "hunter22", true},
		{"dbPass", "hunter22", true},
		{"SMOKE_PASS", "enabled", false},
		{"BYPASS", "hunter22", false},
		{"NEXUS_PASSWORD", "", false},
		{"MAX_TOKEN", "4096000", false},
		{"PASSWORD_MAX_TOKEN", "4096000", false},
		{"MAX_TOKEN", "a4096000z", true},
		{"GRAFANA_PASSWORD", "grafana", false},
		{"NEXUS_PASSWORD", "${OTHER}", false},
		{"NEXUS_PASSWORD", "OTHER_NAME", false},
		{"tokenizer", "hunter22", false},
		{"MAVEN_OPTS", "-Xmx2g -Dx=y", false},
		{"ANY", github, true},
	}
	for _, c := range cases {
		if have := len(FindValue(c.name, c.value)) > 0; have != c.want {
			t.Errorf("FindValue(%q, %q) finds: %t, want %t", c.name, c.value, have, c.want)
		}
	}
}

func TestRedactKeepsTheNumberOfCharacters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]string{"PASSWORD=", password, " ", "\n", "订单", "https://a:", "@", `"`, "token: ", github, "\xff", "-p "}), 0, 30)
		joined := strings.Join(text.Draw(t, "parts"), "")
		if have := Redact(joined); utf8.RuneCountInString(have) != utf8.RuneCountInString(joined) {
			t.Fatalf("Redact(%q) = %q", joined, have)
		}
	})
}

// TestFindIsLinear checks that a long text of half-begun secrets takes milliseconds. That holds
// only if Find is linear.
func TestFindIsLinear(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"token=", "://a:", "ghp_", `password: "`, "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "xoxb-", "login -p ", "curl -u a:", "AKIA", "pypi-", " -u", "apikey='", "_sk=", " -k=a", "basic "} {
		text := strings.Repeat(unit, maxText/4/len(unit))
		for _, m := range Find(text) {
			if m.End > len(text) {
				t.Errorf("%q: a match after the end", unit)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("export PASSWORD=" + password)
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, m := range Find(text) {
			if m.Start < last || m.End <= m.Start || m.End > len(text) {
				t.Fatalf("Find(%q): match %+v out of order", text, m)
			}
			last = m.End
		}
	})
}
