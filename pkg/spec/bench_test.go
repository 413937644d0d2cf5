package spec

import (
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// definition returns a file of some 60 lines with one job called name.
func definition(name string) string {
	return `# yaml-language-server: $schema=../schemas/definitions.schema.json
version: 1
jobs:
  - name: ` + name + `
    project: shop
    arch: x86-64
    flavor: 4u8g
    host_type: devcloud
    build_config_type: ACTION
    auto_update_sub_module: false
    enabled: true
    scms:
      - scm_type: codehub
        url: git@codehub.example.com:shop00001/order-service.git
        repo_id: "2111746211"
        branch: master
        build_type: branch
        depth: 1
    parameters:
      - {name: codeBranch, default: master, predefined: true, description: Code branch}
      - {name: target, options: [dev, staging, prod], default: dev}
      - {name: NEXUS_TOKEN, secret: NEXUS_TOKEN, description: 上传令牌}
    steps:
      - maven:
          name: Build with Maven
          image: ${{ vars.maven_image }}
          inputs:
            command: |
              export MAVEN_OPTS=-Xmx2g
              mvn -B -U package -Dmaven.test.failure.ignore=true
              if [ "$target" = prod ]; then
                mvn -B verify
              fi
      - sh:
          name: Smoke test
          inputs: {command: {$file: scripts/smoke.sh}}
      - sh:
          name: Report
          image: shell4.2.46-git1.8.3-zip6.00
          inputs:
            command: |
              set -e
              echo "building $target"
              for file in target/*.jar; do
                sha256sum "$file"
              done
      - module_id: devcloud2018.codeci_action_20018.action
        name: Upload to release repo
        properties: {file: "**/target/*.?ar", buildVersion: "", image: shell4.2.46-git1.8.3-zip6.00}
    notifications:
      MAIL: [buildJobFail]
      DING_TALK: {events: [buildJobFail, deleteJob], param_config: '{"a":"b"}'}
      MESSAGE: []
    triggers:
      - cron: "53 15 * * 1-5"
        timezone: Asia/Shanghai
    timeout: 1h
    build_if_code_updated: true
    renamed_from: [order-build]
    protect: true
`
}

func BenchmarkYAMLToNodes(b *testing.B) {
	text := []byte(definition("order"))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var node yaml.Node
		if err := yaml.Unmarshal(text, &node); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseFile(b *testing.B) {
	text := []byte(definition("order"))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, found := ParseFile("a.yaml", text); len(found) > 0 {
			b.Fatal(found)
		}
	}
}

func BenchmarkParseDefinitions(b *testing.B) {
	text := []byte(definition("order"))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, found := ParseDefinitions("a.yaml", text); len(found) > 0 {
			b.Fatal(found)
		}
	}
}

func BenchmarkLibraryValidation(b *testing.B) {
	file, _ := ParseDefinitions("a.yaml", []byte(definition("order")))
	library := compiled[0]()
	b.ReportAllocs()
	for b.Loop() {
		if err := library.Validate(instance(file.Root)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFirstUse(b *testing.B) {
	root, _ := ParseFile("a.yaml", []byte(definition("a")))
	b.Run("own", func(b *testing.B) {
		for b.Loop() {
			set := parseLanguage(definitionsSchema, workspaceSchema)
			if !set.root(definitionsSchema).valid(root) {
				b.Fatal("refused")
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		for b.Loop() {
			compileSchema(definitionsSchema)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for _, files := range []int{100, 1000} {
		b.Run(fmt.Sprint(files), func(b *testing.B) {
			tree := MapTree{WorkspaceFile: "version: 1\nprojects: {shop: " + strings.Repeat("6e", 16) + "}\n"}
			for i := range files {
				tree[fmt.Sprintf("definitions/%05d.yaml", i)] = definition(fmt.Sprintf("job-%05d", i))
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, found := Load(tree, Options{}); len(found) > 0 {
					b.Fatal(found)
				}
			}
		})
	}
}
