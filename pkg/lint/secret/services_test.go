package secret

import (
	"encoding/base64"
	"strings"
	"testing"
)

// token returns prefix and n letters and digits that look drawn by chance.
func token(prefix string, n int) string { return prefix + drawn("xK9mQ2vT7bLp4RzW8cNj3FhY6sGd1", n) }

// hexToken is token with the digits of hexadecimal numbers.
func hexToken(prefix string, n int) string { return prefix + drawn("9f3a7c10be5d8264", n) }

func drawn(letters string, n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteByte(letters[(i*7+i/len(letters)*3)%len(letters)])
	}
	return out.String()
}

// uuid is the form of many services' keys.
const uuid = "3f2b8c14-9d6e-4a71-b0c5-" + "e8d7f6a5b4c3"

// serviceSecrets are secrets as services publish the form of them, and as
// programs take them. None of them was given out by anybody.
var serviceSecrets = []struct{ name, text, secret string }{
	{"GitHub fine-grained", "gh auth login --with-token <<< " + token("github_pat_", 82), token("github_pat_", 82)},
	{"Supabase", "A=" + token("sb_secret_", 31), token("sb_secret_", 31)},
	{"PlanetScale", "A=" + token("pscale_tkn_", 43), token("pscale_tkn_", 43)},
	{"Figma", "A=" + token("figd_", 40), token("figd_", 40)},
	{"Tailscale", "tailscale up --authkey " + token("tskey-auth-", 12) + "-" + token("", 32), token("tskey-auth-", 12) + "-" + token("", 32)},
	{"Fly.io", "fly deploy -t \"FlyV1 " + token("fm2_", 100) + "\"", token("fm2_", 100)},
	{"OpenRouter", "A=" + hexToken("sk-or-v1-", 64), hexToken("sk-or-v1-", 64)},
	{"DeepSeek", "A=" + hexToken("sk-", 32), hexToken("sk-", 32)},
	{"Moonshot", "A=\"" + token("sk-", 48) + "\"", token("sk-", 48)},
	{"Groq", "A=" + token("gsk_", 52), token("gsk_", 52)},
	{"xAI", "A=" + token("xai-", 80), token("xai-", 80)},
	{"Pulumi", "A=" + hexToken("pul-", 40), hexToken("pul-", 40)},
	{"OpenShift", "oc login --x=" + token("sha256~", 43), token("sha256~", 43)},
	{"kubeconfig", "    client-key-data: " + base64.StdEncoding.EncodeToString([]byte("-----BEGIN RSA "+"PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq\n")), base64.StdEncoding.EncodeToString([]byte("-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq\n"))},
	{"GitHub header", "curl -H \"Authorization: token " + hexToken("", 40) + "\" https://h", hexToken("", 40)},
	{"wandb", "wandb login --relogin " + hexToken("", 40), hexToken("", 40)},
	{"Snyk", "snyk auth " + uuid, uuid},
	{"ngrok", "ngrok config add-authtoken " + token("", 49), token("", 49)},
	{"sqlplus", "sqlplus -S app/" + password + "@db", password},
	{"ftp", "ftp -n h <<EOF\nuser ci " + password + "\nput a\nEOF", password},
	{"skopeo", "skopeo copy --dest-creds ci:" + password + " docker://a docker://b", password},
	{"useradd", "useradd -m -p " + password + " ci", password},
	{"npm from the environment", "export npm_config__auth=Ym9iOlRyMHViNGRvcg==", "Ym9iOlRyMHViNGRvcg=="},
	{"JSON in double quotes", "curl -d \"{\\\"user\\\":\\\"ci\\\",\\\"password\\\":\\\"" + password + "\\\"}\" https://h", password},
	{"Huawei Cloud, short", "AK=$1\nSK=" + token("", 40), token("", 40)},
	{"Huawei Cloud, small", "sk: '" + token("", 40) + "'", token("", 40)},
	{"Huawei Cloud, in quotes", "echo \"secret_key = \\\"" + token("", 40) + "\\\"\" > a.tfvars", token("", 40)},
	{"a short name", "export DB_PASS=" + password, password},
	{"a keystore's option", "tool --keystore-pass " + password, password},
	{"Laravel", "APP_KEY=base64:" + token("", 43) + "=", "base64:" + token("", 43) + "="},
	{"Datadog", "export DD_APP_KEY=" + hexToken("", 40), hexToken("", 40)},
	{"GitLab runner", "gitlab-runner register --token " + token("glrt-", 20), token("glrt-", 20)},
	{"GitLab deploy", "A=" + token("gldt-", 20), token("gldt-", 20)},
	{"GitLab trigger", "curl -F ref=main https://git/api?x=" + hexToken("glptt-", 40), hexToken("glptt-", 40)},
	{"Stripe", "stripe listen --x " + token("sk_live_", 24), token("sk_live_", 24)},
	{"Stripe restricted", "A=" + token("rk_live_", 24), token("rk_live_", 24)},
	{"Stripe webhook", "A=" + token("whsec_", 32), token("whsec_", 32)},
	{"OpenAI", "A=" + token("sk-proj-", 48), token("sk-proj-", 48)},
	{"OpenAI, older", "A=" + token("sk-", 20) + "T3BlbkFJ" + token("", 20), token("sk-", 20) + "T3BlbkFJ" + token("", 20)},
	{"Anthropic", "A=" + token("sk-ant-api03-", 93), token("sk-ant-api03-", 93)},
	{"SendGrid", "A=" + token("SG.", 22) + "." + token("", 43), token("SG.", 22) + "." + token("", 43)},
	{"Shopify", "A=" + hexToken("shpat_", 32), hexToken("shpat_", 32)},
	{"Square", "A=" + token("sq0atp-", 22), token("sq0atp-", 22)},
	{"Telegram", "curl https://api.telegram.org/bot" + "123456789:" + token("AA", 33) + "/sendMessage", "123456789:" + token("AA", 33)},
	{"Discord webhook", "curl https://discord.com/api/webhooks/123456789012345678/" + token("", 68), token("", 68)},
	{"Teams webhook", "curl https://x.webhook.office.com/webhookb2/" + uuid + "@" + uuid + "/IncomingWebhook/" + hexToken("", 32) + "/" + uuid, ""},
	{"Lark webhook", "curl https://open.larksuite.com/open-apis/bot/v2/hook/" + uuid, uuid},
	{"Slack app", "A=" + "xapp-1-" + token("A", 10) + "-123456789012-" + hexToken("", 64), "xapp-1-" + token("A", 10) + "-123456789012-" + hexToken("", 64)},
	{"Slack webhook", "curl https://hooks.slack.com/services/" + token("T", 8) + "/" + token("B", 8) + "/" + token("", 24), token("T", 8) + "/" + token("B", 8) + "/" + token("", 24)},
	{"Google OAuth client", "A=" + token("GOCSPX-", 28), token("GOCSPX-", 28)},
	{"Google access token", "curl -H 'x: " + token("ya29.", 60) + "'", token("ya29.", 60)},
	{"Azure storage", "A='DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" + token("", 86) + "==;EndpointSuffix=core.windows.net'", token("", 86) + "=="},
	{"Azure service bus", "A='Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey=" + token("", 43) + "='", token("", 43) + "="},
	{"Azure signature", "azcopy copy a 'https://x.blob.core.windows.net/c?sv=2022-11-02&sig=" + token("", 43) + "%3D'", token("", 43) + "%3D"},
	{"Azure client", "A=" + token("abc8Q~", 34), token("abc8Q~", 34)},
	{"DigitalOcean", "doctl auth init -t " + hexToken("dop_v1_", 64), hexToken("dop_v1_", 64)},
	{"Databricks", "A=" + hexToken("dapi", 32), hexToken("dapi", 32)},
	{"Atlassian", "A=" + token("ATATT3xFfGF0", 180), token("ATATT3xFfGF0", 180)},
	{"Bitbucket", "A=" + token("ATBB", 32), token("ATBB", 32)},
	{"Vault", "vault login " + token("hvs.", 90), token("hvs.", 90)},
	{"Terraform Cloud", "A=" + token("", 14) + ".atlasv1." + token("", 67), token("", 14) + ".atlasv1." + token("", 67)},
	{"Linear", "A=" + token("lin_api_", 40), token("lin_api_", 40)},
	{"RubyGems", "A=" + hexToken("rubygems_", 48), hexToken("rubygems_", 48)},
	{"Hugging Face", "huggingface-cli login --x " + token("hf_", 34), token("hf_", 34)},
	{"Grafana", "A=" + token("glsa_", 32) + "_" + hexToken("", 8), token("glsa_", 32) + "_" + hexToken("", 8)},
	{"New Relic", "A=" + "NRAK-" + strings.ToUpper(token("", 27)), "NRAK-" + strings.ToUpper(token("", 27))},
	{"Sentry", "sentry-cli --x " + token("sntrys_", 90), token("sntrys_", 90)},
	{"Postman", "newman run --x " + hexToken("PMAK-", 24) + "-" + hexToken("", 34), hexToken("PMAK-", 24) + "-" + hexToken("", 34)},
	{"Netlify", "netlify deploy --x " + token("nfp_", 36), token("nfp_", 36)},
	{"NuGet", "A=" + strings.ToLower(token("oy2", 43)), strings.ToLower(token("oy2", 43))},
	{"Alibaba Cloud", "A=" + token("LTAI5t", 18), token("LTAI5t", 18)},
	{"Tencent Cloud", "A=" + token("AKID", 32), token("AKID", 32)},
	{"JFrog", "jf c add --x " + token("AKCp8", 68), token("AKCp8", 68)},
	{"age", "A=AGE-SECRET-KEY-1" + strings.ToUpper(token("", 58)), "AGE-SECRET-KEY-1" + strings.ToUpper(token("", 58))},
	{"CodeArts repo token", "curl -H 'PRIVATE-TOKEN: " + token("", 20) + "' https://h", token("", 20)},
	{"header with a key", "curl -H \"X-API-Key: " + token("", 32) + "\" https://h", token("", 32)},
	{"X-Auth-Token", "curl -H 'X-Auth-Token: " + token("MII", 60) + "' https://h", token("MII", 60)},
	{"Heroku", "HEROKU_API_KEY=" + uuid, uuid},
	{"Snyk", "export SNYK_TOKEN=" + uuid, uuid},
	{"Docker config", `echo '{"auths":{"r.example.com":{"auth":"Ym9iOlRyMHViNGRvcg=="}}}' > ~/.docker/config.json`, "Ym9iOlRyMHViNGRvcg=="},
	{"npmrc token", "echo '//npm.example.com/:_authToken=" + uuid + "' > .npmrc", uuid},
	{"npmrc password", "echo '//npm.example.com/:_password=" + token("", 16) + "' > .npmrc", token("", 16)},
	{"netrc", "echo 'machine git.example.com login ci password " + password + "' > ~/.netrc", password},
	{"JDBC", "A='jdbc:mysql://db/x?user=app&password=" + password[:8] + "'", password[:8]},
	{"ADO", "A='Server=db;User Id=sa;Password=" + password + ";'", password},
	{"redis address", "redis-cli -u redis://:" + password[:8] + "@cache.example.com:6379/0", password[:8]},
	{"mongodb address", "mongosh mongodb+srv://app:" + password[:8] + "@cluster.example.com/x", password[:8]},
	{"kubectl literal", "kubectl create secret generic db --from-literal=password=" + password, password},
	{"NuGet push", "dotnet nuget push a.nupkg --api-key " + uuid, uuid},
	{"nuget.exe push", "nuget push a.nupkg -ApiKey " + uuid + " -Source x", uuid},
	{"chpasswd", "echo 'root:" + password + "' | chpasswd", password},
	{"htpasswd", "htpasswd -bc .htpasswd admin " + password, password},
	{"keychain", "security unlock-keychain -p " + password + " login.keychain", password},
	{"ldap", "ldapsearch -x -D cn=admin -w " + password + " -b dc=x", password},
	{"7z", "7z a -p" + password + " a.7z dist", password},
	{"lftp", "lftp -u deploy," + password + " sftp://h", password},
	{"smbclient", "smbclient //h/s -U deploy%" + password, password},
	{"helm registry", "helm registry login r.example.com -u ci -p " + password, password},
	{"twine", "twine upload -u ci -p " + password + " dist/*", password},
	{"curl, attached", "curl -sS -uci:" + password + " https://h", password},
	{"curl, quoted", "curl --user \"ci:" + password + "\" https://h", password},
	{"curl through a proxy", "curl --proxy-user ci:" + password + " https://h", password},
	{"htpasswd to its output", "htpasswd -nbB admin " + password + " > f", password},
	{"az", "az login --service-principal -u app -p " + password + " --tenant x", password},
	{"ssh-keygen", "ssh-keygen -t rsa -N " + password + " -f key", password},
	{"a name that is set", "aws configure set aws_secret_access_key " + token("", 40), token("", 40)},
	{"a name that Windows sets", "setx DB_PASSWORD " + password, password},
	{"passphrase", "mvn deploy -Dgpg.passphrase=" + password, password},
	{"npm login", "npm config set _auth Y2k6" + "UjB0dGVuIXk3", "Y2k6" + "UjB0dGVuIXk3"},
	{"npm login of a registry", "npm set //r.example.com/:_auth=Y2k6" + "UjB0dGVuIXk3", "Y2k6" + "UjB0dGVuIXk3"},
	{"npm login in a file", "echo '_auth = \"Y2k6" + "UjB0dGVuIXk3\"' >> .npmrc", "Y2k6" + "UjB0dGVuIXk3"},
	{"npm token of a registry", "npm config set //r.example.com/:_authToken " + password, password},
	{"npm token, quoted", "npm config set '//r.example.com/:_authToken' \"" + password + "\"", password},
	{"docker here-string", "docker login -u ci --password-stdin r <<< " + password, password},
	{"docker here-string, quoted", "docker login -u ci --password-stdin r <<<\"" + password + "\"", password},
	{"rsync", "rsync -a --password-file=<(echo " + password + ") a b", password},
	{"gpg file", "gpg --batch --passphrase-file <(echo '" + password + "') -c f", password},
	{"gpg descriptor", "gpg --batch --passphrase-fd 3 3< <(printf %s " + password + ") -c f", password},
	{"ansible", "ansible-playbook --vault-password-file=<(echo \"" + password + "\") p.yml", password},
	{"Cargo", "cargo login " + token("cio", 32), token("cio", 32)},
	{"composer", "composer config --global http-basic.repo.example.com ci " + password, password},
	{"poetry", "poetry config http-basic.private ci " + password, password},
	{"poetry token", "poetry config pypi-token.private " + password, password},
	{"NuGet source", "dotnet nuget add source https://n.example.com/v3 -n x -u ci -p " + password, password},
	{"NuGet push, short", "dotnet nuget push out/*.nupkg -k " + uuid + " -s https://n.example.com", uuid},
	{"altool", "xcrun altool --upload-app -f a.ipa -u me@example.com -p abcd-efgh-ijkl-mnop", "abcd-efgh-ijkl-mnop"},
	{"JFrog header", "curl -H 'X-JFrog-Art-Api: " + token("AKC", 60) + "' -T a.rpm https://h", token("AKC", 60)},
	{"sshpass from the environment", "SSHPASS=" + password + " sshpass -e scp a root@h:/opt", password},
	{"Maven's settings", "cat > settings.xml <<EOF\n<server><id>n</id><password>" + password + "</password></server>\nEOF", password},
	{"NuGet's settings", "<add key=\"ClearTextPassword\" value=\"" + password + "\" />", password},
	{"NuGet's settings, escaped", "echo \"<add key=\\\"ClearTextPassword\\\" value=\\\"" + password + "\\\" />\"", password},
	{"ossutil", "ossutil config -e oss.example.com -i id -k " + token("", 30), token("", 30)},
	{"MinIO", "mc alias set s https://s.example.com ci " + password, password},
	{"bundler", "bundle config set --global gems.example.com ci:" + password, password},
	{"after another command", "cd app && mysql -uroot -p" + password + " && make", password},
	{"in a container of that name", "docker exec -i mysql mysql -uroot -p" + password, password},
	{"behind --", "kubectl exec db -- mysql -uroot -p" + password, password},
	{"with & inside", "curl -u 'ci:" + "Tr0ub&4dor" + "' https://h", "Tr0ub&4dor"},
	{"OpenSSH key", "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----"},
	{"PGP key", "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----"},
}

func TestFindsWhatServicesGiveOut(t *testing.T) {
	t.Parallel()
	for _, c := range serviceSecrets {
		found := Find(c.text)
		if len(found) != 1 {
			t.Errorf("%s: Find(%q) = %v, want one match", c.name, c.text, found)
			continue
		}
		have := c.text[found[0].Start:found[0].End]
		if c.secret != "" && have != c.secret {
			t.Errorf("%s: found %q, want %q", c.name, have, c.secret)
		}
		if redacted := Redact(c.text); strings.Contains(redacted, have) {
			t.Errorf("%s: Redact(%q) = %q", c.name, c.text, redacted)
		}
	}
}

// lookAlikes have the form of secrets and are none: identifiers, digests,
// placeholders, references, and the words of documents.
var lookAlikes = []string{
	"cd nuget && mkdir -p artifacts", "docker build -t mongo . && mkdir -p artifacts", "npm run login && cp -p package.json backup", "pip install conan && mkdir -p build/release", "openssl version && tar -k archive",
	"docker run -d --name mongo -p 27017:27017 mongo:7", "docker run -d --name mysql -p3306:3306 mysql:8", "docker run -p 0.0.0.0:27017:27017 mongo", "nuget pack a.nuspec -p Configuration=Release", "security find-identity -p codesigning", "conan upload x -p os=Linux",
	"docker run -e POSTGRES_PASSWORD=mysecretpassword postgres", "MYSQL_ROOT_PASSWORD=test123 docker compose up -d",
	"npm config set _auth $NPM_AUTH", "npm config set //r.example.com/:_authToken ${NPM_TOKEN}", "npm config set _auth_type legacy", "npm config set //r.example.com/:always-auth true", "curl https://h/x_auth=abcdefgh",
	"docker login --password-stdin r <<< \"$PASS\"", "rsync --password-file=<(echo \"$PASS\") a b", "gpg --passphrase-file <(vault read pass) f", "diff <(echo expected1) <(echo compass1)", "cat <<< helloworld",
	"composer config http-basic.repo.example.com ci \"$PASS\"", "poetry config http-basic.private ci ${PASS}", "poetry config pypi-token.private $TOKEN", "bundle config set --local path vendor/bundle", "bundle config mirror.https://rubygems.org https://m.example.com:8443/x",
	"bundle config gems.example.com ci:$PASS", "dotnet nuget add source https://n -u ci -p $PASS", "cargo login $TOKEN", "socioeconomic indicators of the whole region",
	"<password>${env.NEXUS_PASSWORD}</password>", "<password>{COQLCE6DU6GtcS5P=}</password>", "<password>changeme</password>", "<password>password</password>", "sed 's|<password>.*</password>|<password>@PW@</password>|' s.xml",
	"xcrun altool -u me -p @env:APP_PASSWORD", "xcrun altool -u me -p @keychain:AC_PASSWORD", "SSHPASS=$PASS sshpass -e ssh h", "SSHPASS=\"${PASS}\"", "X-JFrog-Art-Api: ${ART_API}", "dotnet nuget push a.nupkg -k $NUGET_KEY", "curl -k https://h && nuget restore", "ossutil config -k $SK", "mc alias set s http://s:9000 minioadmin minioadmin", "mc alias set s https://s $AK $SK",
	"cat_passwd='getent passwd'", "cat_passwd='cat /etc/passwd'", `sed -e '/^passwd:\s[^#]*$/ s/$/ systemd/' nsswitch.conf`,
	"OPENAI_API_KEY=sk-your-key", "ANTHROPIC_API_KEY=sk-ant-...", "OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxx", "MYSQL_ROOT_PASSWORD=secret", "SK=$1", "sk: ${SK}", "risk=" + hexToken("", 40), "DISK=" + hexToken("", 40), "task-" + hexToken("", 32), "first-pass=true", "BYPASS=enabled123", "RESULT_PASS=passed", "apksigner sign --ks-pass env:KS_PASS2 a.apk", "app_key=${APP_KEY}", "APP_KEY=", "APP_KEY=config/app.key", "ENCRYPTION_KEY_ID=alias/app2", "master-key: master", "wandb login \"$K\"", "snyk auth $T", "ngrok config add-authtoken \"$T\"", "sqlplus app/$PASS@db", "sqlplus app/@db", "ftp -n h <<EOF\nuser ci $P\nEOF", "skopeo copy --dest-creds \"$U:$P\" a b", "useradd -m -s /bin/bash ci", "curl -H \"Authorization: token $T\" h", "curl -d \"{\\\"password\\\":\\\"$P\\\"}\" h", "client-certificate-data: " + base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nMIIBkTCCATegAwIBAgIIdabc1234\n")), "oc image info app@sha256~", "xai-trainer --epochs 3", "r8_optimizer=true",
	"id: " + uuid, "BUILD_ID=" + uuid, "curl https://api.example.com/v1/" + uuid + "/jobs", "repo_id: \"2111746211\"", "project_id: " + hexToken("", 32),
	"git checkout " + hexToken("", 40), "COMMIT=" + hexToken("", 40), "image: app@sha256:" + hexToken("", 64), "FROM node:18@sha256:" + hexToken("", 64), "echo '" + hexToken("", 64) + "  a.tgz' | sha256sum -c",
	"SHA256=" + hexToken("", 64), "md5: " + hexToken("", 32), "integrity sha512-" + token("", 86) + "==", "h1:" + token("", 43) + "=", "checksum = \"" + hexToken("", 64) + "\"", "etag: \"" + hexToken("", 32) + "\"",
	"\"scripts/token\": sha256:" + hexToken("", 64), "\"api_key\": sha256:" + hexToken("", 63), "IMAGE_TOKEN=sha512:" + hexToken("", 128),
	"CONFIG_BASE64=" + token("", 120), "echo " + token("", 80) + " | base64 -d > app.conf", "data:image/png;base64," + token("iVBORw0KGgo", 60), "ssh-rsa " + token("AAAAB3NzaC1yc2E", 200) + " bob@host", "ssh-ed25519 " + token("AAAAC3NzaC1lZDI1NTE5", 48), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", "-----BEGIN PGP PUBLIC KEY BLOCK-----\nmQEN\n-----END PGP PUBLIC KEY BLOCK-----", "gpg --recv-keys " + strings.ToUpper(hexToken("", 40)),
	"KEY_ID=" + strings.ToUpper(hexToken("", 16)), "--key-file=key.pem", "ssh -i ~/.ssh/id_rsa h", "API_KEY=your-api-key-here", "API_KEY=YOUR_API_KEY", "TOKEN=xxxxxxxxxxxxxxxx", "TOKEN=<your token>", "PASSWORD=***", "password: ${{ vars.password }}", "TOKEN={{ token }}", "TOKEN=%TOKEN%", "TOKEN=$(vault kv get -field=token ci/x)", "TOKEN=\"$1\"", "PASSWORD=\"${2:?password}\"",
	"read -rs PASSWORD", "unset PASSWORD TOKEN", "export PASSWORD", "echo 'PASSWORD is not set'", "if [ -z \"$TOKEN\" ]; then echo no token; fi", "[[ $PASSWORD == \"\" ]]", "grep -q 'password=' app.conf", "sed -i \"s/password=.*/password=$DB_PASS/\" app.conf", "kubectl get secret db-password -o yaml", "kubectl create secret generic db --from-literal=password=\"$P\"", "kubectl delete secret regcred", "imagePullSecrets: [{name: regcred}]", "secretKeyRef: {name: db, key: password}",
	"aws ecr get-login-password | docker login --username AWS --password-stdin r", "docker login -u ci -p \"$PASS\" r", "curl -H \"Authorization: Bearer $TOKEN\" h", "curl -u ci: h", "curl -uci:$P h", "wget -U 'Mozilla/5.0 (X11; rv:1)' h", "htpasswd -c f admin", "htpasswd -b f a $P", "ssh-keygen -l -f k", "curl -H \"Authorization: Bearer $(cat token)\" h", "curl -H 'PRIVATE-TOKEN: '$T h", "curl -H \"X-Auth-Token: ${T}\" h", "-H 'X-API-Key: <key>'", "https://x-access-token:${TOKEN}@github.com/a/b", "git clone https://oauth2:$T@h/x", "mysql -p -uroot", "mysql --password=\"$P\"", "redis-cli -u redis://cache:6379/0", "redis-cli -a \"$R\"",
	"sk-learn", "pip install scikit-learn sk-video", "task_live_reload=true", "npm_config_registry=https://r.example.com", "npm_config_cache=/cache", "hf_transfer", "HF_HOME=/cache/huggingface", "SG.yaml", "hvs.example.com", "dapi", "dop_v1", "AKIAIOSFODNN7EXAMPLE", "AIzaSy...", "eyJhbGciOi...", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "sk_test_", "sig=", "AccountKey=<key>", "bot123456789:<token>", "https://discord.com/api/webhooks/$ID/$TOKEN", "https://hooks.slack.com/services/$SLACK", "7z a -pdist a.7z"[:4] + " a a.7z dist", "htpasswd -bc f admin \"$P\"", "echo \"root:$P\" | chpasswd", "lftp -u \"$U,$P\" h", "ssh-keygen -t rsa -N '' -f key", "ssh-keygen -N \"\" -f k", "security unlock-keychain -p \"$P\" k", "ldapsearch -w \"$P\"", "smbclient -U \"$U%$P\"", "-Dkey=value", "sort -k2,2 -t, a.csv", "TOKENIZERS_PARALLELISM=false", "PASSWORD_FILE=/run/secrets/db", "SECRET_NAME=db-credentials", "token_url: https://login.example.com/oauth2/token", "TOKEN_ENDPOINT=https://h/token",
	"sed -i 's/password=.*/password=changeme/' c.conf", "helm template --set auth.existingSecret=db-secret .", "DJANGO_SECRET_KEY=not-a-secret ./manage.py test", "JWT_SECRET=insecure-for-tests npm t", "aws configure set aws_secret_access_key \"$SK\"", "gpg --batch --passphrase-fd 0 -s f", "echo 'the passphrase: none is asked for'", "please configure set token first",
	"machine git.example.com login ci password ${P}", "user=app&password=${P}", "Password=$(P);", "JWT_ISSUER=https://h", "PRIVATE_KEY_PATH=keys/app.pem", "KEYSTORE=release.jks", "storePassword System.getenv(\"STORE_PASSWORD\")", "password = os.environ[\"DB_PASSWORD\"]", "password: process.env.PASSWORD", "passwd -l root", "--token=auto"[:7] + " \"$T\"", "COOKIE=session",
}

func TestFindsNoSecretInLookAlikes(t *testing.T) {
	t.Parallel()
	for _, text := range lookAlikes {
		for _, m := range Find(text) {
			t.Errorf("Find(%q) takes %q for a %s", text, text[m.Start:m.End], m.Kind)
		}
	}
}
