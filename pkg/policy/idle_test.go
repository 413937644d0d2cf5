package policy_test

import (
	"strings"
	"testing"
)

// TestAPolicyThatGuardsNothing checks that a policy with a name that nothing has is reported with
// the nearest name.
func TestAPolicyThatGuardsNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ policy, want, hint string }{
		{`{name: a, where: {uses: jav}, forbid: [scms]}`, `error policy-file policies[a].where.uses: there is no template or fragment "jav", so that the policy "a" applies to no job`, `did you mean "java"?`},
		{`{name: a, where: {uses: [scan, jav]}, forbid: [parameters]}`, `there is no template or fragment "jav"`, `did you mean "java"?`},
		{`{name: a, where: {uses: [java]}, forbid: [parameters]}`, "", ""},
		{`{name: a, require_step: {fragment: scna}}`, `error policy-file policies[a].require_step.fragment: there is no fragment "scna"`, `did you mean "scan"?`},
		{`{name: a, where: {label: taem=shop}, forbid: [scms]}`, `warning policy-file policies[a]: no job has the label "taem=shop", which the policy "a" names`, `did you mean "team=shop"?`},
		{`{name: a, where: {label: team=shpo}, forbid: [scms]}`, `no job has the label "team=shpo"`, `did you mean "team=shop"?`},
		{`{name: a, where: {label: {team: shpo}}, forbid: [scms]}`, `no job has the label "team=shpo"`, `did you mean "team=shop"?`},
		{`{name: a, where: {label: taem}, forbid: [scms]}`, `no job has the label "taem"`, `did you mean "team"?`},
		{`{name: a, where: {label: "taem!=shop"}, forbid: [x-none]}`, `is not a field of a job`, ""},
		{`{name: a, where: {label: "taem!=shop"}, min: {timeout: 1h}}`, `no job has a label "taem"`, `did you mean "team"?`},
		{`{name: a, where: {label: "team!=shop"}, min: {timeout: 1h}}`, "", ""},
		{`{name: a, where: {label: "team=s*"}, min: {timeout: 1h}}`, "", ""},
		{`{name: a, where: {label: "owner=team-shpo"}, forbid: [scms]}`, `no job has the label "owner=team-shpo"`, ""},
		{`{name: a, where: {owner: team-shpo}, forbid: [scms]}`, `no job has the owner "team-shpo"`, `did you mean "team-shop"?`},
		{`{name: a, where: {owner: "team-*"}, forbid: [scms]}`, "", ""},
		{`{name: a, where: {job: ordr}, forbid: [scms]}`, `no job is called "ordr"`, `did you mean "order"?`},
		{`{name: a, where: {job: ["order", "ordr*"]}, forbid: [scms]}`, `no job is called "ordr*"`, ""},
		{`{name: a, where: {value: arch=amr}, forbid: [scms]}`, `no job fulfils "arch=amr"`, ""},
		{`{name: a, where: {value: [arch=arm]}, forbid: [scms]}`, "", ""},
		{`{name: a, where: {has_step: devcloud2018.codeci_action_99999.action}, forbid: [scms]}`, `no job has a step of the module "devcloud2018.codeci_action_99999.action"`, ""},
		{`{name: a, where: {has_step: npm}, forbid: [scms]}`, "", ""}, // it may come
		{`{name: a, allow: {"steps[*].imge": ["x"]}}`, `no job has a step with the property "imge"`, `did you mean "image"?`},
		{`{name: a, allow: {"steps[*].properties.imge": ["x"]}}`, `no job has a step with the property "imge"`, `did you mean "image"?`},
		{`{name: a, forbid: {"steps[Build].comand": ["x"]}}`, `no job has a step with the property "comand"`, `did you mean "command"?`},
		{`{name: a, forbid: {"steps[*].command": ["never"]}}`, "", ""},
		{`{name: a, forbid: {"labels.taem": ["x"]}}`, `no job has a label "taem"`, `did you mean "team"?`},
		{`{name: a, forbid: [labels.taem]}`, "", ""}, // that is how it should be
		{`{name: a, forbid: ["steps[*].comand"]}`, `no job has a step with the property "comand"`, `did you mean "command"?`},
		{`{name: a, allow: {"notifications.MIAL.events[*]": [x]}}`, `no job has the notification channel "MIAL", which the policy "a" names`, `did you mean "MAIL"?`},
		{`{name: a, forbid: {"notifications[mail].events[*]": [x]}}`, `no job has the notification channel "mail"`, `did you mean "MAIL"?`},
		{`{name: a, forbid: ["notifications[SMS]"]}`, `no job has the notification channel "SMS"`, `did you mean "MESSAGE"?`},
		{`{name: a, forbid: {"notifications.WECOM.events[*]": [x]}}`, "", ""}, // it may come
		{`{name: a, forbid: {"notifications[*].events[*]": [x]}}`, "", ""},
		{`{name: a, forbid: {"notifications[M*].events[*]": [x]}}`, "", ""},
		{`{name: a, max: {"timeout.limt": 4h}}`, `"limt" is unknown`, ""},
	} {
		got := findings(t, "  - "+c.policy+"\n", "")
		own := ""
		for line := range strings.Lines(got) {
			if strings.Contains(line, " policy-file ") {
				own += line
			}
		}
		switch {
		case c.want == "" && own != "":
			t.Errorf("%s: %s", c.policy, own)
		case !strings.Contains(own, c.want) || !strings.Contains(own, c.hint) || strings.Count(own, "\n") > 1:
			t.Errorf("%s: have %s want %s (%s)", c.policy, own, c.want, c.hint)
		}
	}
}
