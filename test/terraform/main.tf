# A task and a template with every kind of member that the provider knows. The
# script beside this file creates, changes, replaces, imports and destroys them.
terraform {
  required_providers {
    huaweicloud = { source = "huaweicloud/huaweicloud" }
  }
}

variable "endpoint" { type = string }
variable "access_key" { type = string }
variable "secret_key" { type = string }
variable "name" { type = string }
variable "target" { type = string }
variable "command" { type = string }

provider "huaweicloud" {
  region     = "cn-north-4"
  access_key = var.access_key
  secret_key = var.secret_key
  auth_url   = "${var.endpoint}/v3"
  endpoints = {
    codearts_build = "${var.endpoint}/"
    iam            = "${var.endpoint}/"
  }
}

resource "huaweicloud_codearts_build_task" "test" {
  project_id             = "6ecbc5bac7c8442fb3d2563d53c13582"
  name                   = var.name
  arch                   = "x86-64"
  flavor                 = "2u8g"
  auto_update_sub_module = "false"
  build_if_code_updated  = true

  steps {
    module_id = "devcloud2018.codeci_action_20043.action"
    name      = "Maven"
    enable    = true
    properties = {
      command    = jsonencode("mvn package\n")
      ignoreTest = jsonencode(false)
    }
  }

  scms {
    url      = "git@codehub.example.com:shop/order.git"
    scm_type = "codehub"
    web_url  = "https://codehub.example.com/shop/order"
    repo_id  = "2111746211"
    branch   = "main"
  }

  parameters {
    name = "hudson.model.StringParameterDefinition"
    params {
      name  = "name"
      value = "TARGET"
    }
    params {
      name  = "type"
      value = "normalparam"
    }
    params {
      name  = "defaultValue"
      value = var.target
    }
  }

  triggers {
    name = "hudson.triggers.TimerTrigger"
    parameters {
      name  = "spec"
      value = "53 15 * * 1,2,3,4,5"
    }
    parameters {
      name  = "timeZoneId"
      value = "Asia/Shanghai"
    }
  }
}

resource "huaweicloud_codearts_build_template" "test" {
  name             = "shop-base"
  description      = "for the shop"
  enable_force_new = "true" # a change makes another one; without this it is refused

  steps {
    enable    = true
    module_id = "devcloud2018.codeci_action_20017.action"
    name      = "Shell"
    properties = {
      command = jsonencode("${var.command}\n")
    }
  }
}

output "task" { value = huaweicloud_codearts_build_task.test.id }
