package diff_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestReadFormIsNotWrittenBack checks that carried-over values are written in the written form, at
// any place, in declared and undeclared lists.
func TestReadFormIsNotWrittenBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ live, want string }{
		"flavor in capitals":         {`"flavor":"2U8G"`, `"flavor":"2u8g"`},
		"type of a source":           {`"scms":[{"url":"u","scm_type":"repo","branch":"b"}]`, `"scms":[{"url":"u","scm_type":"codehub","branch":"b"}]`},
		"type in capitals":           {`"scms":[{"url":"u","scm_type":"GitHub"}]`, `"scms":[{"url":"u","scm_type":"github"}]`},
		"types of a source":          {`"scms":[{"url":"u","depth":10,"repo_id":7,"is_auto_build":"true","enable_git_lfs":"FALSE"}]`, `"scms":[{"url":"u","depth":"10","repo_id":"7","is_auto_build":true,"enable_git_lfs":false}]`},
		"spelling of a source":       {`"scms":[{"url":"u","endpoint_id":"e","source":null}]`, `"scms":[{"url":"u","end_point_id":"e"}]`},
		"definition of a parameter":  {`"parameters":[{"name":"HUDSON.MODEL.STRINGPARAMETERDEFINITION","params":[{"name":"name","value":"p"}]}]`, `"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"p"}]}]`},
		"another definition":         {`"parameters":[{"name":"own.Definition","params":[{"name":"name","value":"p"}]}]`, `"parameters":[{"name":"own.Definition","params":[{"name":"name","value":"p"}]}]`},
		"null limits":                {`"parameters":[{"name":"D","params":[{"name":"name","value":"p","limits":null},{"name":"deletion","value":false,"limits":null}]}]`, `"parameters":[{"name":"D","params":[{"name":"name","value":"p"},{"name":"deletion","value":"false"}]}]`},
		"null in an option":          {`"parameters":[{"name":"D","params":[{"name":"name","value":"p"},{"name":"defaultValue","value":"a","limits":[{"name":"a","display_name":null,"disable":0}]}]}]`, `"parameters":[{"name":"D","params":[{"name":"name","value":"p"},{"name":"defaultValue","value":"a","limits":[{"name":"a","disable":"0"}]}]}]`},
		"null in a hidden parameter": {`"parameters":[{"name":"D","params":[{"name":"name","value":"p","limits":null},{"name":"sensitiveVar","value":"true","limits":null},{"name":"defaultValue","value":"","limits":null}]}]`, `"parameters":[{"name":"D","params":[{"name":"name","value":"p"},{"name":"sensitiveVar","value":"true"},{"name":"defaultValue","value":""}]}]`},
		"booleans as numbers":        {`"steps":[{"module_id":"m","name":"A","enable":1},{"module_id":"m","name":"B","enable":0}]`, `"steps":[{"module_id":"m","name":"A","enable":true},{"module_id":"m","name":"B","enable":false}]`},
		"null property":              {`"steps":[{"module_id":"m","name":"A","version":null,"enable":"true","properties":{"x":null,"y":{"z":null,"w":[{"v":null},null]}}}]`, `"steps":[{"module_id":"m","name":"A","enable":true,"properties":{"y":{"w":[{},null]}}}]`},
		"null unit":                  {`"timeout":{"limit":4,"unit":null}`, `"timeout":{"limit":"4"}`},
		"null in a trigger":          {`"triggers":[{"name":"T","description":null,"parameters":[{"name":"spec","value":null,"x":null},{"name":"isDST","value":false}]}]`, `"triggers":[{"name":"T","parameters":[{"name":"spec"},{"name":"isDST","value":"false"}]}]`},
		"null members":               {`"build_config_type":null,"flavor":null,"group_id":7`, `"group_id":"7"`},
		"time limit":                 {`"limit_time":4`, `"timeout":{"limit":"4","unit":"hour"}`},
		"member of no document":      {`"x_later":{"n":1.10,"z":null,"scm_type":"Repo"}`, `"x_later":{"n":1.10,"z":null,"scm_type":"Repo"}`},
		"line endings":               {`"steps":[{"module_id":"m","name":"A","properties":{"command":"a\r\nb\n"}}]`, `"steps":[{"module_id":"m","name":"A","properties":{"command":"a\r\nb\n"}}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := existing(t, "j", `{"arch":"a",`+tc.live+`}`)
			want := compiled(defined(t, "j", `{"arch":"b"}`))
			p := diff.Compute(input(want, nil, listed(live)))
			if len(p.Changes) != 1 || len(p.Changes[0].Fields) != 1 || len(p.Refusals) > 0 {
				t.Fatal(outline(p))
			}
			check := func(how string, body *jsontree.Value) {
				for _, key := range []string{"arch", "job_id", "job_name", "project_id"} {
					body.Delete(key)
				}
				if d := cmp.Diff("{"+tc.want+"}", string(body.AppendJSON(nil))); d != "" {
					t.Errorf("%s: -want +sent\n%s", how, d)
				}
			}
			check("read over one route", p.Changes[0].DesiredBody())
			if strings.Contains(tc.live, "limit_time") {
				return
			}
			// What only the newer route shows is carried over in the same form.
			shown := jsontree.Object(member("arch", str("a")))
			check("read over two", diff.CarryOver(shown, shown, live.Body))
		})
	}
}

// TestNullInPlaceOfASecret checks a service that shows null for a hidden value. The value exists,
// so an update must not send the null.
func TestNullInPlaceOfASecret(t *testing.T) {
	t.Parallel()
	live := existing(t, "j", `{"arch":"a","parameters":[{"name":"D","params":[{"name":"name","value":"TOKEN"},{"name":"sensitiveVar","value":"true"},{"name":"defaultValue","value":null}]}]}`)
	p := diff.Compute(input(compiled(defined(t, "j", `{"arch":"b"}`)), nil, listed(live)))
	if got, want := outline(p), "change shop/job/j update | change arch\nrefused: secret"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
