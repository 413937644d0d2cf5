package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Templates yields the caller's build templates whose name holds name, all for
// "", each once, and the public ones where the same route lists them (API
// reference 4.20). It ends with an *IncompleteError where the service counts
// another number; then it has yielded what was found, and no absence can be
// concluded.
func (c *Client) Templates(ctx context.Context, name string) iter.Seq2[wire.Template, error] {
	return c.templates(ctx, name, opListTemplates)
}

// AllTemplates is Templates with the public ones in either generation. The v1
// dialect has a route of their own, which not every service serves.
func (c *Client) AllTemplates(ctx context.Context, name string) iter.Seq2[wire.Template, error] {
	if c.dialect == DialectV1 {
		return c.templates(ctx, name, opListTemplates, opOfficial)
	}
	return c.templates(ctx, name, opListTemplates)
}

func (c *Client) templates(ctx context.Context, name string, lists ...op) iter.Seq2[wire.Template, error] {
	return func(yield func(wire.Template, error) bool) {
		seen := map[string]bool{}
		for _, list := range lists {
			s := c.templatePager(list, name).all(ctx, c.cfg.Sleep)
			for _, row := range s.rows {
				wire.SpellLists(row)
				template := wire.DecodeTemplate(row)
				if seen[template.UUID] {
					continue
				}
				seen[template.UUID] = true
				if list == opOfficial && template.Scope == "" {
					template.Scope, template.Public = "official", true
				}
				if !yield(template, nil) {
					return
				}
			}
			if err := s.verdict(list); err != nil {
				yield(wire.Template{}, err)
				return
			}
		}
	}
}

func templateID(row *jsontree.Value) string { return row.Str(wire.KeyUUID) }

func (c *Client) templatePager(list op, name string) *pager {
	return &pager{
		id: templateID,
		fetch: func(ctx context.Context, index int) (page, error) {
			k, err := c.newCall(list, repeatRead)
			if err != nil {
				return page{}, err
			}
			k.query = url.Values{"page": {strconv.Itoa(index)}, "page_size": {strconv.Itoa(wire.MaxPage)}}
			if name != "" {
				k.query.Set("name", name)
			}
			a, err := c.do(ctx, k, nil)
			if err != nil {
				return page{}, err
			}
			var got page
			found := a.result()
			switch inner := a.body.Get(wire.KeyResult); {
			case found.Kind() == jsontree.KindArray:
				got = pageOf(found, nil)
			case found.Get("items") != nil || found.Get("total_size") != nil:
				got = pageOf(found.Get("items"), found.Get("total_size"))
			case inner != nil && inner.IsAbsentOrNull(): // no templates
				return page{total: unknownTotal}, nil
			default:
				return page{}, c.fails(k, a, Unsure, ErrNotTheAPI, "the answer lists no templates")
			}
			if got.lacks(templateID) {
				return page{}, c.fails(k, a, Unsure, ErrNotTheAPI, "the rows of the template list have no uuid")
			}
			return got, nil
		},
	}
}

// CreateTemplate creates a build template and returns its uuid (API reference
// 4.21). An error whose outcome is Unsure means that the template may exist.
func (c *Client) CreateTemplate(ctx context.Context, body *jsontree.Value) (uuid string, err error) {
	k, a, err := c.write(ctx, opCreateTemplate, repeatNever, body)
	if err != nil {
		return "", err
	}
	uuid = a.result().Str(wire.KeyUUID)
	if !isIdentifier(uuid) {
		return "", c.fails(k, a, Unsure, nil, "the answer says success without the new template's uuid")
	}
	return uuid, nil
}

// DeleteTemplate deletes a build template by its uuid (API reference 4.22).
func (c *Client) DeleteTemplate(ctx context.Context, uuid string) error {
	k, a, err := c.write(ctx, opDeleteTemplate, repeatAbsolute, nil, uuid)
	if err != nil {
		return err
	}
	// The result is an array in the reference's table and an object or nothing
	// elsewhere; it may be missing, but must not name another template.
	named, same := "", false
	for _, row := range wire.List(a.body.Get(wire.KeyResult)) {
		if id := row.Str(wire.KeyUUID); id != "" {
			named, same = id, same || id == uuid
		}
	}
	if named != "" && !same {
		return c.fails(k, a, Unsure, ErrWrongObject, "the call was about template %s, the answer is about %q", uuid, named)
	}
	return nil
}
