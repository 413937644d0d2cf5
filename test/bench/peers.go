package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// peers measures a plan of jobs in step next to OpenTofu with the vendor's provider, on servers
// with the same latency. Each program has created its own jobs, which are alike, and runs with its
// default flags.
func (b *bench) peers() error {
	if b.tofu == "" || b.provider == "" {
		return errors.New("name OpenTofu with -tofu and the vendor's provider with -provider; sh test/terraform/build.sh DIR builds both")
	}
	n := b.count(1000)
	dir := filepath.Join(b.dir, "shop")
	if err := b.repository(dir, n); err != nil {
		return err
	}
	for i := range n {
		if err := write(definitionFile(dir, i), fmt.Sprintf(tofuTask, i)); err != nil {
			return err
		}
	}
	if err := b.commit(dir, "the jobs of OpenTofu"); err != nil {
		return err
	}
	ours, err := b.serve(b.dir, "--data", "", "--latency", latency.String())
	if err != nil {
		return err
	}
	defer ours.stop()
	theirs, err := b.serve(b.dir, "--data", "", "--latency", latency.String())
	if err != nil {
		return err
	}
	defer theirs.stop()

	if _, _, err := b.once(b.talk(ours, dir, "apply", "--yes")); err != nil {
		return err
	}
	peer, err := b.tofuWorkspace(theirs, n)
	if err != nil {
		return err
	}
	apply := peer
	apply.args = []string{b.tofu, "apply", "-auto-approve"}
	if _, _, err := b.once(apply); err != nil {
		return err
	}
	// An exit code other than 0 would mean that the plan has changes.
	peer.name, peer.args = "OpenTofu with the vendor's provider, `plan`", []string{b.tofu, "plan", "-detailed-exitcode"}
	plan := b.talk(ours, dir, "plan", "--detailed-exitcode")
	plan.name = "`buildsync plan`"
	medians, err := b.compare(b.times(3), plan, peer)
	if err != nil {
		return err
	}
	out := newTable("command", "wall", "of OpenTofu", "CPU", "of OpenTofu", "peak memory of one process")
	for i, c := range []command{plan, peer} {
		m, them := medians[i], medians[1]
		out.add(c.name, milliseconds(m.wall), ratio(m.wall, them.wall), milliseconds(m.cpu), ratio(m.cpu, them.cpu), mebibytes(m.rss))
	}
	fmt.Printf("%d jobs in step, %s of latency, default flags.\n\n", n, latency)
	out.print()
	return nil
}

// tofuWorkspace creates a folder with n tasks for a server, and returns the environment of a
// command in it.
func (b *bench) tofuWorkspace(server *server, n int) (command, error) {
	dir := filepath.Join(b.dir, "tofu")
	values := map[string]string{}
	for _, variable := range server.env {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = strings.Trim(value, `'"`)
	}
	provider := filepath.Join(dir, "provider", "terraform-provider-huaweicloud")
	if err := os.MkdirAll(filepath.Dir(provider), 0o755); err != nil {
		return command{}, err
	}
	if err := os.Symlink(b.provider, provider); err != nil {
		return command{}, err
	}
	settings := filepath.Join(dir, "tofu.rc")
	for name, text := range map[string]string{
		settings:                      fmt.Sprintf(tofuSettings, filepath.Dir(provider)),
		filepath.Join(dir, "main.tf"): fmt.Sprintf(tofuTasks, server.url, n, project),
	} {
		if err := write(name, text); err != nil {
			return command{}, err
		}
	}
	return command{dir: dir, env: []string{
		"TF_CLI_CONFIG_FILE=" + settings, "TF_INPUT=0", "TF_CLI_ARGS=-no-color",
		"HTTP_PROXY=", "HTTPS_PROXY=", "http_proxy=", "https_proxy=",
		"TF_VAR_access_key=" + values["HUAWEICLOUD_SDK_AK"], "TF_VAR_secret_key=" + values["HUAWEICLOUD_SDK_SK"],
	}}, nil
}

const tofuSettings = `provider_installation {
  dev_overrides { "huaweicloud/huaweicloud" = %q }
  direct {}
}
`

// tofuTask is a definition of one of tofuTasks.
const tofuTask = `version: 1
jobs:
  - name: service-%d-build
    project: shop
    arch: x86-64
    flavor: 4u8g
    auto_update_sub_module: false
    scms:
      - scm_type: codehub
        url: git@codehub.example.com:shop/service.git
        web_url: https://codehub.example.com/shop/service
        repo_id: "2111746211"
        branch: main
    parameters:
      - name: target
        default: dev
    steps:
      - module_id: devcloud2018.codeci_action_20043.action
        name: Build with Maven
        enable: true
        properties:
          command: |
            mvn -B package
`

const tofuTasks = `terraform {
  required_providers {
    huaweicloud = { source = "huaweicloud/huaweicloud" }
  }
}

variable "access_key" { type = string }
variable "secret_key" { type = string }

provider "huaweicloud" {
  region     = "cn-north-4"
  access_key = var.access_key
  secret_key = var.secret_key
  auth_url   = "%[1]s/v3"
  endpoints = {
    codearts_build = "%[1]s/"
    iam            = "%[1]s/"
  }
}

resource "huaweicloud_codearts_build_task" "service" {
  count                  = %[2]d
  project_id             = %[3]q
  name                   = "service-${count.index}-build"
  arch                   = "x86-64"
  flavor                 = "4u8g"
  auto_update_sub_module = "false"

  steps {
    module_id  = "devcloud2018.codeci_action_20043.action"
    name       = "Build with Maven"
    enable     = true
    properties = { command = jsonencode("mvn -B package\n") }
  }

  scms {
    url      = "git@codehub.example.com:shop/service.git"
    scm_type = "codehub"
    web_url  = "https://codehub.example.com/shop/service"
    repo_id  = "2111746211"
    branch   = "main"
  }

  parameters {
    name = "hudson.model.StringParameterDefinition"
    params {
      name  = "name"
      value = "target"
    }
    params {
      name  = "type"
      value = "normalparam"
    }
    params {
      name  = "defaultValue"
      value = "dev"
    }
  }
}
`
