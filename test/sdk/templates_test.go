package sdk

import (
	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3/model"
)

func templateBody(name string) *model.CreateTemplatesRequestBody {
	return &model.CreateTemplatesRequestBody{
		Name: name, Description: ptr("for the shop"), ToolType: ptr("maven"),
		Parameters: body(name).Parameters,
		Template: &model.CreateTemplate{Steps: []model.CreateTemplateSteps{
			{ModuleId: "devcloud2018.codeci_action_20043.action", Properties: map[string]any{"command": "mvn package"}, Name: ptr("Maven"), Version: ptr("1.0"), Enable: ptr(true)},
			{ModuleId: "devcloud2018.codeci_action_20017.action", Properties: map[string]any{"command": "true"}}, // 4.21: the name is optional
		}},
	}
}

func templates(b *bench) {
	c := b.client
	made := do(b, c.CreateTemplates, &model.CreateTemplatesRequest{Body: templateBody("shop-maven")})
	uuid := *made.Result.Uuid
	doAs(b, "-second", c.CreateTemplates, &model.CreateTemplatesRequest{Body: templateBody("tools")})
	found := do(b, c.ListTemplates, &model.ListTemplatesRequest{Name: ptr("MAVEN"), Page: ptr("1"), PageSize: ptr("10")})
	if items := *found.Result.Items; len(items) != 1 || *items[0].Uuid != uuid {
		b.t.Fatalf("found %s", found)
	}
	steps := *(*found.Result.Items)[0].Template.Steps
	for i, step := range templateBody("").Template.Steps {
		if diff := cmp.Diff(step.Properties, steps[i].Properties); diff != "" {
			b.t.Errorf("properties of step %d (-written +read):\n%s", i, diff)
		}
	}
	if all := doAs(b, "-all", c.ListTemplates, &model.ListTemplatesRequest{}); *all.Result.TotalSize != 2 {
		b.t.Errorf("all: %s", all)
	}
	if gone := do(b, c.DeleteTemplates, &model.DeleteTemplatesRequest{Uuid: uuid}); *(*gone.Result)[0].Uuid != uuid {
		b.t.Errorf("deleted %s", gone)
	}
	if left := doAs(b, "-left", c.ListTemplates, &model.ListTemplatesRequest{}); *left.Result.TotalSize != 1 {
		b.t.Errorf("left: %s", left)
	}
}

func templatesOfV1(b *bench) {
	c := b.client
	uuid := *do(b, c.CreateTemplate, &model.CreateTemplateRequest{Body: templateBody("shop-maven")}).Result.Uuid
	found := do(b, c.ListCustomTemplate, &model.ListCustomTemplateRequest{Name: ptr("shop"), Page: ptr(int32(1)), PageSize: ptr(int32(10))})
	if items := *found.Result.Items; len(items) != 1 || *items[0].Uuid != uuid {
		b.t.Errorf("found %s", found)
	}
	official := do(b, c.ListOfficialTemplate, &model.ListOfficialTemplateRequest{Page: ptr("1"), PageSize: ptr("100")})
	for _, item := range *official.Result.Items {
		if *item.Scope != "official" {
			b.t.Errorf("an official template has the scope %s", *item.Scope)
		}
	}
	do(b, c.DeleteTemplate, &model.DeleteTemplateRequest{Uuid: uuid})
}
