package emulator

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// group is a folder of jobs in a project. A job's group is the group_id in its body.
type group struct {
	ID      string    `json:"id"`
	Project string    `json:"project"`
	Parent  string    `json:"parent,omitempty"`
	Name    string    `json:"name"`
	Ordinal int       `json:"ordinal"`
	User    string    `json:"user"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

func (t *tx) putGroup(g *group) {
	g.Updated = t.now
	t.row(tableGroups, g.ID, g)
	t.apply = append(t.apply, func(s *state) { s.putGroup(g) })
}

func (t *tx) dropGroup(id string) {
	t.writes = append(t.writes, write{tableGroups, id, nil})
	t.apply = append(t.apply, func(s *state) { delete(s.groups, id) })
}

func (s *state) putGroup(g *group) { s.groups[g.ID] = g }

// children returns the groups right below a parent, "" for a project's own.
func (s *state) children(project, parent string) []*group {
	var list []*group
	for _, g := range s.groups {
		if g.Project == project && g.Parent == parent {
			list = append(list, g)
		}
	}
	sort.Slice(list, func(i, k int) bool {
		if list[i].Ordinal != list[k].Ordinal {
			return list[i].Ordinal < list[k].Ordinal
		}
		return list[i].ID < list[k].ID
	})
	return list
}

// groupPath returns the ids from the root to a group, separated by dots.
func (s *state) groupPath(g *group) string {
	path := g.ID
	for g.Parent != "" && s.groups[g.Parent] != nil {
		g = s.groups[g.Parent]
		path = g.ID + "." + path
	}
	return path
}

func (rq *request) groupRow(g *group) *jsontree.Value {
	return obj("id", str(g.ID), "domain_id", str(rq.user.DomainID), "project_id", str(g.Project), "name", str(g.Name),
		"parent_id", strOrNull(g.Parent), "path_id", str(rq.state().groupPath(g)), "ordinal", num(g.Ordinal),
		"create_user", str(g.User), "update_user", str(g.User),
		"create_time", str(g.Created.In(wire.ServiceZone).Format(historyTime)),
		"update_time", str(g.Updated.In(wire.ServiceZone).Format(historyTime)))
}

// groupChanged answers a created or changed group. In the SDK the place among the siblings is a
// number in the tree and a text here.
func (rq *request) groupChanged(g *group) (*answer, error) {
	row := rq.groupRow(g)
	row.Set("ordinal", str(strconv.Itoa(g.Ordinal)))
	return rq.success(jsontree.Array(row))
}

func groupTree(rq *request) (*answer, error) {
	project := rq.path("project_id")
	if err := rq.checkProject(project); err != nil {
		return nil, err
	}
	var below func(parent string) *jsontree.Value
	below = func(parent string) *jsontree.Value {
		list := jsontree.Array()
		for _, g := range rq.state().children(project, parent) {
			row := rq.groupRow(g)
			row.Set("children", below(g.ID))
			list.Append(row)
		}
		return list
	}
	return rq.success(below(""))
}

// groupOf returns a group of the path's project.
func (rq *request) groupOf(id string) (*group, error) {
	g := rq.state().groups[id]
	if g == nil || g.Project != rq.path("project_id") {
		return nil, invalid("the group %q does not exist.", id)
	}
	return g, nil
}

// groupName reads and checks the name of a group: free among its siblings.
func (rq *request) groupName(parent, self string) (string, error) {
	c := &checker{}
	name := strings.TrimSpace(c.need("", rq.body, "name", jsontree.KindString).Text())
	if c.err != nil {
		return "", c.err
	}
	for _, g := range rq.state().children(rq.path("project_id"), parent) {
		if g.Name == name && g.ID != self {
			return "", nameTaken(rq.e.quirks.UniqueNames, "group")
		}
	}
	return name, nil
}

func createGroup(rq *request) (*answer, error) {
	project, parent := rq.path("project_id"), rq.body.Str("parent_id")
	if err := rq.checkProject(project); err != nil {
		return nil, err
	}
	if parent != "" {
		if _, err := rq.groupOf(parent); err != nil {
			return nil, err
		}
	}
	name, err := rq.groupName(parent, "")
	if err != nil {
		return nil, err
	}
	made := &group{
		ID: rq.e.opts.ID(), Project: project, Parent: parent, Name: name, User: rq.user.Name, Created: rq.now,
		Ordinal: len(rq.state().children(project, parent)) + 1,
	}
	rq.tx.putGroup(made)
	return rq.groupChanged(made)
}

func updateGroup(rq *request) (*answer, error) {
	old, err := rq.groupOf(rq.body.Str("id"))
	if err != nil {
		return nil, err
	}
	next := *old
	if next.Name, err = rq.groupName(old.Parent, old.ID); err != nil {
		return nil, err
	}
	rq.tx.putGroup(&next)
	return rq.groupChanged(&next)
}

// deleteGroup deletes a group without subgroups and jobs.
func deleteGroup(rq *request) (*answer, error) {
	g, err := rq.groupOf(rq.query("id"))
	if err != nil {
		return nil, err
	}
	if len(rq.state().children(g.Project, g.ID)) > 0 {
		return nil, invalid("the group %s has groups; delete them first.", g.Name)
	}
	for _, j := range rq.state().byProject[g.Project] {
		if body, err := rq.state().body(j.ID); err != nil {
			return nil, err
		} else if j.live() && body.Str("group_id") == g.ID {
			return nil, invalid("the group %s has jobs; move them first.", g.Name)
		}
	}
	rq.tx.dropGroup(g.ID)
	return rq.success(str(g.ID))
}

// moveToGroup moves jobs into a group; an empty group_id removes them from theirs.
func moveToGroup(rq *request) (*answer, error) {
	id, path := rq.body.Str("group_id"), ""
	if id != "" {
		g, err := rq.groupOf(id)
		if err != nil {
			return nil, err
		}
		path = rq.state().groupPath(g)
	}
	moved := jsontree.Array()
	for _, item := range rq.body.Get("jobs").Items() {
		j, err := rq.jobByID(item.Str("job_id"))
		if err != nil {
			return nil, err
		}
		body, err := rq.state().body(j.ID)
		if err != nil {
			return nil, err
		}
		body.Delete("group_id")
		if id != "" {
			body.Set("group_id", str(id))
		}
		next := *j
		rq.tx.putJob(&next, body, "UPDATE")
		moved.Append(obj("job_id", str(j.ID), "group_path_id", strOrNull(path)))
	}
	return rq.success(moved)
}

// swapGroups exchanges the places of two groups in their parent.
func swapGroups(rq *request) (*answer, error) {
	a, err := rq.groupOf(rq.query("source_group_id"))
	if err != nil {
		return nil, err
	}
	b, err := rq.groupOf(rq.query("target_group_id"))
	if err != nil {
		return nil, err
	}
	first, second := *a, *b
	first.Ordinal, second.Ordinal = b.Ordinal, a.Ordinal
	rq.tx.putGroup(&first)
	rq.tx.putGroup(&second)
	return rq.success(str(""))
}
