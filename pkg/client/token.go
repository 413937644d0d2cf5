package client

import (
	"context"
	"encoding/json"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// requestToken exchanges the password for a token of the scope of a project
// (API reference 3.1, 3.2).
func (c *Client) requestToken(ctx context.Context) (string, time.Time, error) {
	p := c.cfg.Credentials.Password
	k, err := c.newCall(opCreateToken, repeatToken)
	if err != nil {
		return "", time.Time{}, err
	}
	k.base, k.anonymous = c.iam, true
	if k.body, err = json.Marshal(tokenBody(p)); err != nil {
		return "", time.Time{}, err
	}
	a, err := c.send(ctx, k)
	if err != nil {
		return "", time.Time{}, err
	}
	token := a.header.Get("X-Subject-Token")
	if token == "" || !printable(token) {
		return "", time.Time{}, c.fails(k, a, Unsure, ErrNotTheAPI, "the answer has no token in X-Subject-Token")
	}
	expires, _ := time.Parse(time.RFC3339Nano, a.body.Get("token").Str("expires_at"))
	return token, expires, nil
}

func tokenBody(p Password) any {
	type object = map[string]any
	project := object{"name": p.Project}
	if p.ProjectID != "" {
		project = object{"id": p.ProjectID}
	}
	return object{"auth": object{
		"identity": object{
			"methods": []string{"password"},
			"password": object{"user": object{
				"name": p.User, "password": p.Password, "domain": object{"name": p.Domain},
			}},
		},
		"scope": object{"project": project},
	}}
}

// IAMProjects lists the caller's IAM projects (API reference 7.3). They are not
// the projects that jobs live in.
func (c *Client) IAMProjects(ctx context.Context) ([]wire.Project, error) {
	if c.iam == nil {
		return nil, &Error{Op: string(opIAMProjects), Outcome: NotSent, Message: "no IAM endpoint is known"}
	}
	k, err := c.newCall(opIAMProjects, repeatRead)
	if err == nil {
		k.base = c.iam
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return nil, err
	}
	rows := a.body.Get("projects")
	if rows.Kind() != jsontree.KindArray {
		return nil, c.fails(k, a, Unsure, ErrNotTheAPI, "the answer lists no projects")
	}
	var projects []wire.Project
	for _, row := range rows.Items() {
		projects = append(projects, wire.DecodeProject(row))
	}
	return projects, nil
}
