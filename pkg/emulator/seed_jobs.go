package emulator

import (
	"fmt"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// stack is the tool chain of a generated job.
type stack struct {
	name, module, step, image, command string
}

func stacks() []stack {
	return []stack{
		{"maven", "devcloud2018.codeci_action_20043.action", "Build with Maven", "maven3.5.3-jdk8-open",
			"mvn package -Dmaven.test.failure.ignore=true -U -e -X -B"},
		{"npm", "devcloud2018.codeci_action_20014.action", "Build with npm", "nodejs12.18.0",
			"npm config set registry https://repo.huaweicloud.com/repository/npm/\nnpm ci\nnpm run build"},
		{"docker", "devcloud2018.codeci_action_20028.action", "Build in an Image", "swr.cn-north-4.myhuaweicloud.com/build/golang:1.26",
			"go vet ./...\ngo test ./...\ngo build -o bin/app ./cmd/app"},
		{"shell", "devcloud2018.codeci_action_20017.action", "Run Shell Commands", "shell4.2.46-git1.8.3-zip6.00",
			"set -e\nmake check\nmake dist"},
	}
}

// generatedJob returns the i-th generated job. It is the same on every machine.
func generatedJob(i int) SeedJob {
	services := []string{"order", "pay", "用户中心", "inventory", "订单服务", "gateway", "search", "库存", "notify", "结算平台"}
	all := stacks()
	service, s := services[i%len(services)], all[i%len(all)]
	name := fmt.Sprintf("%s-%s-%04d", service, s.name, i)
	repository := fmt.Sprintf("git@codehub.devcloud.%s.huaweicloud.com:shop%05d/%s.git", DefaultRegion, i%7, repoSlug(i, len(services)))
	body := obj(
		"job_name", str(name), "arch", str([]string{"x86-64", "x86-64", "arm"}[i%3]),
		"flavor", str([]string{"2u8g", "4u8g"}[i%2]), "host_type", str("devcloud"), "build_config_type", str("ACTION"),
		"auto_update_sub_module", str("false"),
		"scms", jsontree.Array(obj("url", str(repository), "scm_type", str("codehub"), "branch", str("master"),
			"is_auto_build", jsontree.Bool(i%4 == 0), "build_type", str("branch"), "depth", str("1"))),
		"steps", generatedSteps(i, s), "parameters", generatedParameters(i),
	)
	if i%5 == 0 {
		body.Set("triggers", jsontree.Array(obj("name", str(wire.TimerTrigger), "parameters", jsontree.Array(
			obj("name", str("spec"), "value", str(fmt.Sprintf("%d 2 * * 1,2,3,4,5", i%60))),
			obj("name", str("timeZoneId"), "value", str("Asia/Shanghai")),
			obj("name", str("timeZone"), "value", str("China_Standard_Time")),
			obj("name", str("isDST"), "value", str("false"))))))
	}
	if i%6 == 0 {
		body.Set("timeout", obj("limit", str("4"), "unit", str("hour")))
	}
	made := SeedJob{Body: body, Disabled: i%11 == 10}
	if i%3 == 0 {
		made.Notices = []wire.NoticeUpdate{{NoticeType: "MAIL", EnabledEventTypeNames: []string{"buildJobFail", "deleteJob"}}}
	}
	return made
}

func repoSlug(i, services int) string {
	slugs := []string{"order", "pay", "user-center", "inventory", "order-api", "gateway", "search", "stock", "notify", "billing"}
	return fmt.Sprintf("%s-%d", slugs[i%services], i/services)
}

func generatedSteps(i int, s stack) *jsontree.Value {
	steps := jsontree.Array(obj(
		"module_id", str(s.module), "name", str(s.step), "version", jsontree.Null(), "enable", jsontree.Bool(true),
		"properties", obj("image", str(s.image), "command", str(fmt.Sprintf("# build %d\n%s", i, s.command))),
	))
	if i%2 == 0 {
		steps.Append(obj(
			"module_id", str("devcloud2018.codeci_action_20018.action"), "name", str("Upload to Release Repos"),
			"enable", jsontree.Bool(true),
			"properties", obj("file", str("**/target/*.?ar"), "name", str(""), "buildVersion", str("")),
		))
	}
	return steps
}

func generatedParameters(i int) *jsontree.Value {
	list := jsontree.Array(
		definition("codeBranch", "normalparam", "master", "代码分支，系统预定义参数", "true", nil),
		definition("VERSION", "normalparam", fmt.Sprintf("1.%d.0", i%40), "release version", "false", nil),
	)
	if i%2 == 0 {
		list.Append(definition("TARGET", "customizeparam", "dev", "where to deploy", "false", []string{"dev", "test", "prod"}))
	}
	return list
}

// definition makes a parameter definition; options make it an enumeration.
func definition(name, kind, value, description, defaults string, options []string) *jsontree.Value {
	params := jsontree.Array()
	for _, p := range [][2]string{
		{"name", name}, {"type", kind}, {"defaultValue", value}, {"description", description},
		{"deletion", "false"}, {"defaults", defaults}, {"staticVar", "false"}, {"sensitiveVar", "false"},
	} {
		limits := jsontree.Null()
		if p[0] == "defaultValue" && options != nil {
			limits = jsontree.Array()
			for _, option := range options {
				limits.Append(obj("disable", str("0"), "name", str(option), "display_name", str(option)))
			}
		}
		params.Append(obj("name", str(p[0]), "value", str(p[1]), "limits", limits))
	}
	return obj("name", str(definitionName), "params", params)
}
