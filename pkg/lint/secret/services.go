package secret

import "strings"

// issued are recognisable tokens of services, in addition to rules. Their markers share one bit of
// a markerSet, so each rule also lists in markers, in the token's case, one of the texts that it
// must contain.
var issued = []rule{
	{kind: "GitLab token", markers: []string{"gldt-", "glrt-", "glptt-", "glcbt-", "glimt-", "glft-", "glsoat-", "glagent-"},
		pattern: pattern(`\b(gl(?:dt|rt|ptt|cbt|imt|ft|soat|agent)-[A-Za-z0-9_\-.]{20,})`), shown: 5},
	{kind: "Stripe key", markers: []string{"sk_live_", "rk_live_"}, pattern: pattern(`\b([sr]k_live_[A-Za-z0-9]{16,})\b`), shown: 8},
	{kind: "webhook secret", markers: []string{"whsec_"}, pattern: pattern(`\b(whsec_[A-Za-z0-9+/]{24,}={0,2})`), shown: 6},
	{kind: "OpenAI key", markers: []string{"T3BlbkFJ", "sk-proj-", "sk-svcacct-", "sk-admin-"},
		pattern: pattern(`\b(sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_\-]{32,}|[A-Za-z0-9]{16,}T3BlbkFJ[A-Za-z0-9]{16,}))`), shown: 3},
	{kind: "Anthropic key", markers: []string{"sk-ant-"}, pattern: pattern(`\b(sk-ant-[a-z]+\d\d-[A-Za-z0-9_\-]{32,})`), shown: 7},
	{kind: "SendGrid key", markers: []string{"SG."}, pattern: pattern(`\b(SG\.[A-Za-z0-9_\-]{20,24}\.[A-Za-z0-9_\-]{39,50})`), shown: 3},
	{kind: "Shopify token", markers: []string{"shpat_", "shpss_", "shpca_", "shppa_"}, pattern: pattern(`\b(shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32})\b`), shown: 6},
	{kind: "Square token", markers: []string{"sq0atp-", "sq0csp-"}, pattern: pattern(`\b(sq0(?:atp|csp)-[A-Za-z0-9_\-]{22,})`), shown: 7},
	{kind: "Telegram token", markers: []string{":AA"}, pattern: pattern(`(?:\b|\bbot)(\d{8,10}:AA[A-Za-z0-9_\-]{32,33})\b`)},
	{kind: "webhook address", markers: []string{"discord.com/api/webhooks/", "discordapp.com/api/webhooks/", "webhook.office.com/webhookb2/", "open.larksuite.com/"},
		pattern: pattern(`(?:discord(?:app)?\.com/api/webhooks/\d+/|webhook\.office\.com/webhookb2/|open\.larksuite\.com/open-apis/bot/v2/hook/)([A-Za-z0-9_\-/@]{16,})`)},
	{kind: "Slack token", markers: []string{"xapp-"}, pattern: pattern(`\b(xapp-\d-[A-Za-z0-9]+-\d+-[0-9a-f]{32,})\b`), shown: 5},
	{kind: "Google client secret", markers: []string{"GOCSPX-"}, pattern: pattern(`\b(GOCSPX-[A-Za-z0-9_\-]{28})`), shown: 7},
	{kind: "Google access token", markers: []string{"ya29."}, pattern: pattern(`\b(ya29\.[A-Za-z0-9_\-]{30,})`), shown: 5},
	{kind: "Azure signature", markers: []string{"sig="}, pattern: pattern(`[?&;]sig=([A-Za-z0-9%+/]{40,}={0,2})`)},
	{kind: "Azure client secret", markers: []string{"8Q~", "7Q~"}, pattern: pattern(`\b([A-Za-z0-9_\-]{3}[78]Q~[A-Za-z0-9_\-.~]{31,34})`)},
	{kind: "DigitalOcean token", markers: []string{"dop_v1_", "doo_v1_", "dor_v1_"}, pattern: pattern(`\b(do[opr]_v1_[0-9a-f]{64})\b`), shown: 7},
	{kind: "Databricks token", markers: []string{"dapi"}, pattern: pattern(`\b(dapi[0-9a-f]{32}(?:-\d)?)\b`), shown: 4},
	{kind: "Atlassian token", markers: []string{"ATATT3", "ATCTT3"}, pattern: pattern(`\b(AT[AC]TT3[A-Za-z0-9_\-=]{60,})`), shown: 6},
	{kind: "Bitbucket password", markers: []string{"ATBB"}, pattern: pattern(`\b(ATBB[A-Za-z0-9]{32})\b`), shown: 4},
	{kind: "Vault token", markers: []string{"hvs.", "hvb.", "hvr."}, pattern: pattern(`\b(hv[sbr]\.[A-Za-z0-9_\-]{24,})`), shown: 4},
	{kind: "Terraform token", markers: []string{".atlasv1."}, pattern: pattern(`\b([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{60,70})`)},
	{kind: "Linear key", markers: []string{"lin_api_"}, pattern: pattern(`\b(lin_api_[A-Za-z0-9]{40})\b`), shown: 8},
	{kind: "RubyGems key", markers: []string{"rubygems_"}, pattern: pattern(`\b(rubygems_[0-9a-f]{48})\b`), shown: 9},
	{kind: "Hugging Face token", markers: []string{"hf_"}, pattern: pattern(`\b(hf_[A-Za-z]{34}|hf_[A-Za-z0-9]{34})\b`), shown: 3},
	{kind: "Grafana token", markers: []string{"glsa_", "glc_"}, pattern: pattern(`\b(glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|glc_[A-Za-z0-9+/]{32,}={0,2})`), shown: 4},
	{kind: "New Relic key", markers: []string{"NRAK-"}, pattern: pattern(`\b(NRAK-[A-Z0-9]{27})\b`), shown: 5},
	{kind: "Sentry token", markers: []string{"sntrys_", "sntryu_"}, pattern: pattern(`\b(sntry[su]_[A-Za-z0-9+/=_\-]{40,})`), shown: 7},
	{kind: "Postman key", markers: []string{"PMAK-"}, pattern: pattern(`\b(PMAK-[0-9a-f]{24}-[0-9a-f]{34})\b`), shown: 5},
	{kind: "npm login", markers: []string{"_auth"}, pattern: pattern(`(?:^|[\s"':]|npm_config_)_auth["']?(?:\s*=\s*|\s+)["']?([A-Za-z0-9+/]{8,}={0,2})`), check: isUserAndPassword},
	{kind: "private key", markers: []string{"LS0tLS1CRUdJTi"}, pattern: pattern(`\b(LS0tLS1CRUdJTi[A-Za-z0-9+/]{20,}={0,2})`), check: isEncodedKey}, // client-key-data of kubectl
	{kind: "token in a header", markers: []string{"uthorization:"}, pattern: pattern(`(?i)authorization:\s*(?:token|apikey|api-key|key|bot|splunk|genie\w+)\s+([A-Za-z0-9_\-.=+/]{16,})`), check: isLiteral},
	{kind: "Supabase key", markers: []string{"sb_secret_", "sbp_"}, pattern: pattern(`\b(sb_secret_[A-Za-z0-9_\-]{20,}|sbp_[0-9a-f]{40})\b`), shown: 4},
	{kind: "PlanetScale token", markers: []string{"pscale_"}, pattern: pattern(`\b(pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_\-.=]{32,})`), shown: 7},
	{kind: "Figma token", markers: []string{"figd_"}, pattern: pattern(`\b(figd_[A-Za-z0-9_\-]{36,})`), shown: 5},
	{kind: "Tailscale key", markers: []string{"tskey-"}, pattern: pattern(`\b(tskey-[a-z]+-[A-Za-z0-9]{8,}-[A-Za-z0-9]{20,})`), shown: 6},
	{kind: "Fly.io token", markers: []string{"fm1r_", "fm2_"}, pattern: pattern(`\b(fm(?:1r|2)_[A-Za-z0-9+/=_\-]{40,})`), shown: 4},
	{kind: "OpenRouter key", markers: []string{"sk-or-"}, pattern: pattern(`\b(sk-or-v1-[0-9a-f]{64})\b`), shown: 6},
	{kind: "API key", markers: []string{"=sk-", "\"sk-", "'sk-", ":sk-"}, pattern: pattern(`(?:^|[^A-Za-z0-9_\-])(sk-(?:[0-9a-f]{32}|[A-Za-z0-9]{48}))\b`), shown: 3}, // older OpenAI, DeepSeek, DashScope, Moonshot
	{kind: "Groq key", markers: []string{"gsk_"}, pattern: pattern(`\b(gsk_[A-Za-z0-9]{50,})\b`), shown: 4},
	{kind: "xAI key", markers: []string{"xai-"}, pattern: pattern(`\b(xai-[A-Za-z0-9]{70,})\b`), shown: 4},
	{kind: "Perplexity key", markers: []string{"pplx-"}, pattern: pattern(`\b(pplx-[A-Za-z0-9]{40,})\b`), shown: 5},
	{kind: "Replicate token", markers: []string{"r8_"}, pattern: pattern(`\b(r8_[A-Za-z0-9]{37})\b`), shown: 3},
	{kind: "NVIDIA key", markers: []string{"nvapi-"}, pattern: pattern(`\b(nvapi-[A-Za-z0-9_\-]{60,})`), shown: 6},
	{kind: "Pulumi token", markers: []string{"pul-"}, pattern: pattern(`\b(pul-[0-9a-f]{40})\b`), shown: 4},
	{kind: "Doppler token", markers: []string{"dp.st.", "dp.pt.", "dp.ct.", "dp.sa."}, pattern: pattern(`\b(dp\.(?:st\.[a-z0-9_\-]+|pt|ct|sa)\.[A-Za-z0-9]{40,})\b`), shown: 6},
	{kind: "Notion token", markers: []string{"ntn_"}, pattern: pattern(`\b(ntn_[A-Za-z0-9]{40,})\b`), shown: 4},
	{kind: "OpenShift token", markers: []string{"sha256~"}, pattern: pattern(`\b(sha256~[A-Za-z0-9_\-]{43})`), shown: 7},
	{kind: "JFrog token", markers: []string{"cmVmdGtu"}, pattern: pattern(`\b(cmVmdGtuOj[A-Za-z0-9+/=]{50,})`), shown: 8},
	{kind: "Volcengine access key", markers: []string{"AKLT"}, pattern: pattern(`\b(AKLT[A-Za-z0-9]{40,}={0,2})`), shown: 4},
	{kind: "CircleCI token", markers: []string{"CCIPAT_"}, pattern: pattern(`\b(CCIPAT_[A-Za-z0-9]{20,}_[0-9a-f]{40})\b`), shown: 7},
	{kind: "Buildkite token", markers: []string{"bkua_"}, pattern: pattern(`\b(bkua_[0-9a-f]{40})\b`), shown: 5},
	{kind: "LangSmith key", markers: []string{"lsv2_"}, pattern: pattern(`\b(lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10})\b`), shown: 5},
	{kind: "Weights & Biases key", markers: []string{"wandb login"}, pattern: pattern(`\bwandb login\s+(?:--?\S+\s+)*([0-9a-f]{40})\b`)},
	{kind: "Snyk token", markers: []string{"snyk auth"}, pattern: pattern(`\bsnyk auth\s+([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b`)},
	{kind: "ngrok token", markers: []string{"authtoken "}, pattern: pattern(`\bngrok\s+(?:config add-)?authtoken\s+["']?([A-Za-z0-9_]{20,})`)},
	{kind: "password", markers: []string{"sqlplus"}, pattern: pattern(`\bsqlplus(?:\s+-\S+)*\s+["']?[A-Za-z][\w$#]*/([^\s"'@$]{6,400})`), check: isLiteral},
	{kind: "password", markers: []string{"ftp"}, pattern: pattern(`\bl?ftp\b[^\n]*<<[^\n]*\n(?:[^\n]*\n){0,4}?\s*(?:quote )?(?:user|USER)\s+\S+\s+(\S+)`), check: isLiteral},
	{kind: "Cargo token", markers: []string{"cio"}, pattern: pattern(`\b(cio[A-Za-z0-9]{32})\b`), shown: 3},
	{kind: "password", markers: []string{"http-basic."}, pattern: pattern(`\bhttp-basic\.[^\s=]+\s+\S+\s+["']?([^\s"']{6,400})`), check: isLiteral}, // composer and poetry
	{kind: "token", markers: []string{"pypi-token."}, pattern: pattern(`\bpypi-token\.[^\s=]+\s+["']?([^\s"']{6,400})`), check: isLiteral},
	{kind: "password", markers: []string{"bundle config"},
		pattern: pattern(`\bbundle config (?:set )?(?:--\w+ )?[^\s-]\S*\s+["']?[^\s:"'$/]+:([^\s"']{6,400})`), check: isLiteral},
	{kind: "Netlify token", markers: []string{"nfp_"}, pattern: pattern(`\b(nfp_[A-Za-z0-9]{36})\b`), shown: 4},
	{kind: "NuGet key", markers: []string{"oy2"}, pattern: pattern(`\b(oy2[a-z0-9]{43})\b`), shown: 3},
	{kind: "Alibaba Cloud access key", markers: []string{"LTAI"}, pattern: pattern(`\b(LTAI[A-Za-z0-9]{12,20})\b`), shown: 4},
	{kind: "Tencent Cloud access key", markers: []string{"AKID"}, pattern: pattern(`\b(AKID[A-Za-z0-9]{32})\b`), shown: 4},
	{kind: "JFrog key", markers: []string{"AKCp"}, pattern: pattern(`\b(AKCp[A-Za-z0-9]{69,})\b`), shown: 4},
	{kind: "private key", markers: []string{"AGE-SECRET-KEY-1"}, pattern: pattern(`\b(AGE-SECRET-KEY-1[A-Z0-9]{58})\b`), shown: 16},
	{kind: "password in a header", markers: []string{`"auth"`}, pattern: pattern(`"auth"\s*:\s*"([A-Za-z0-9+/]{8,}={0,2})"`), check: isUserAndPassword},
	{kind: "JFrog key", markers: []string{"X-JFrog-Art-Api:"}, pattern: pattern(`\bX-JFrog-Art-Api:\s*([A-Za-z0-9]{16,})\b`)},
	{kind: "password", markers: []string{"SSHPASS="}, pattern: pattern(`\bSSHPASS=["']?([^\s"']{6,400})`), check: isLiteral},
	{kind: "password", markers: []string{"</password>", "</passphrase>", "</token>", "</apiKey>", "</secretKey>"}, // settings.xml of Maven
		pattern: pattern(`<(?:password|passphrase|token|apiKey|secretKey)>([^<>\s]{6,400})</`), check: isLiteral},
	{kind: "password", markers: []string{"ClearTextPassword"}, pattern: pattern(`ClearTextPassword\\?"\s+value=\\?"([^"\\\s]{6,400})`), check: isLiteral},                                                      // NuGet.Config
	{kind: "secret key", markers: []string{"mc alias set", "mc config host add"}, pattern: pattern(`\bmc (?:alias set|config host add)\s+\S+\s+https?://\S+\s+\S+\s+["']?([^\s"']{6,400})`), check: isLiteral}, // MinIO
	{kind: "password", markers: []string{"password"}, pattern: pattern(`\blogin\s+\S+\s+password\s+["']?([^\s"']+)`), check: isLiteral},                                                                        // .netrc
}

// occursIn reports whether text has one of the rule's markers.
func (r *rule) occursIn(text string) bool {
	for _, marker := range r.markers {
		if strings.Contains(text, marker) {
			return true
		}
	}
	return false
}

// isMadeUp reports whether a token is an example: documents replace the letters after the prefix,
// or write EXAMPLE in it.
func isMadeUp(token string) bool {
	for _, run := range []string{"xxxxxxxx", "XXXXXXXX", "00000000", "********", "EXAMPLE", "example"} {
		if strings.Contains(token, run) {
			return true
		}
	}
	return false
}
