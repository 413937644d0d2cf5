package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
)

// objectsOf returns what people see of a plan: a job is one object, and its
// notifications are shown with it.
func objectsOf(plan *diff.Plan) []changeView {
	var views []changeView
	owners := map[string]int{} // of a job's address, its view
	for i := range plan.Changes {
		c := &plan.Changes[i]
		view := viewOf(c)
		for k := range view.fields {
			view.fields[k].asked = plan.Question == diff.QuestionDrift
		}
		owner := jobAddress(c)
		at, known := owners[owner]
		switch {
		case c.Kind == diff.KindTemplate:
			views = append(views, view)
		case !known:
			owners[owner] = len(views)
			view.title = string(diff.KindJob) + " " + name(c.Name)
			views = append(views, view)
		case c.Kind == diff.KindNotification:
			views[at].takeIn(&view)
		default: // the job's own change is in front, so this is another job of that address
			views = append(views, view)
		}
	}
	return views
}

// jobAddress returns the address of the job that a change is about. A removed
// job has the id of the live one, so that two jobs of one name stay apart.
func jobAddress(c *diff.Change) string {
	address := c.Address
	if alias, job, ok := strings.Cut(address, "/"+string(diff.KindNotification)+"/"); ok && c.Kind == diff.KindNotification {
		address = alias + "/" + string(diff.KindJob) + "/" + job
	}
	return address
}

// takeIn adds the notifications of a job to it. For a new job they are part of the creation and are
// not listed, like its steps.
func (c *changeView) takeIn(notice *changeView) {
	if c.mark == "+" && len(c.fields) == 0 && notice.weight <= weightChange {
		return
	}
	if notice.weight > c.weight {
		c.weight, c.mark, c.paint, c.verdict = notice.weight, notice.mark, notice.paint, notice.verdict
	}
	if c.note == "" {
		c.note = notice.note
	}
	c.actions = slices.Concat(c.actions, notice.actions)
	c.fields = append(c.fields, notice.fields...)
	c.undeclared = append(c.undeclared, notice.undeclared...)
	if c.lastEdit == "" {
		c.edited, c.lastEdit = notice.edited, notice.lastEdit
	}
}

// leastGroup is how many objects share a change before it is shown once.
const leastGroup = 2

// grouped combines changes with one cause: the same fields with the same values. Those defined in one
// place are a group of their own; what stands alone in its place joins the others of that kind, since
// an edit of a variable or of many files is one edit too. A group takes the place of its first member.
func grouped(views []changeView) []changeView {
	groups := make([][]int, len(views)) // by a member's number
	for _, key := range []func(*changeView) string{(*changeView).cause, (*changeView).edit} {
		members := map[string][]int{}
		for i := range views {
			if k := key(&views[i]); k != "" && groups[i] == nil {
				members[k] = append(members[k], i)
			}
		}
		for _, group := range members {
			if len(group) < leastGroup {
				continue
			}
			for _, i := range group {
				groups[i] = group
			}
		}
	}
	var out []changeView
	for i, group := range groups {
		switch {
		case group == nil:
			out = append(out, views[i])
		case group[0] == i:
			out = append(out, groupOf(views, group))
		}
	}
	return out
}

func groupOf(views []changeView, group []int) changeView {
	view := views[group[0]]
	view.title = fmt.Sprintf("%d jobs get the same change", len(group))
	view.right, view.unchanged = "", ""
	view.fields = slices.Clone(view.fields)
	var owners []string
	for _, i := range group {
		view.members = append(view.members, member{name: views[i].name, address: views[i].address, places: views[i].places()})
		for _, owner := range views[i].owners {
			if !slices.Contains(owners, owner) {
				owners = append(owners, owner)
			}
		}
	}
	view.owners = owners
	for i := range view.fields {
		if slices.ContainsFunc(group, func(k int) bool { return views[k].fields[i].place != view.fields[i].place }) {
			view.fields[i].place = "" // each member has its own
		}
	}
	if at := view.places(); len(at) == 1 && !slices.ContainsFunc(view.fields, func(f fieldView) bool { return f.place == "" }) {
		view.place = at[0] // the common place is shown once
		for i := range view.fields {
			view.fields[i].place = ""
		}
	}
	view.right = cmp.Or(view.place, scattered(view.members))
	return view
}

// places lists where the fields of c are defined.
func (c *changeView) places() []string {
	var places []string
	for i := range c.fields {
		if at := c.fields[i].place; at != "" && !slices.Contains(places, at) {
			places = append(places, at)
		}
	}
	return places
}

// scattered says in how many places the members of a group are defined, "" if they are in one.
func scattered(members []member) string {
	if !slices.ContainsFunc(members, func(m member) bool { return !slices.Equal(m.places, members[0].places) }) {
		return ""
	}
	places := map[string]bool{}
	for _, m := range members {
		for _, at := range m.places {
			places[at] = true
		}
	}
	return fmt.Sprintf("in %d places", len(places))
}

// cause returns a key that is equal for changes made by an edit of one place; "" for changes that are
// always shown singly: removals, conflicts and new objects.
func (c *changeView) cause() string { return c.key(func(f *fieldView) string { return f.place }) }

// edit is cause for changes whose places differ.
func (c *changeView) edit() string { return c.key(func(*fieldView) string { return "" }) }

func (c *changeView) key(place func(*fieldView) string) string {
	if !c.job || len(c.fields) == 0 || c.weight == weightRemoval || c.mark != "~" || c.lastEdit != "" {
		return ""
	}
	var key strings.Builder
	part := func(texts ...string) {
		for _, text := range texts {
			fmt.Fprintf(&key, "%d:%s", len(text), text) // so that no two lists of texts look alike
		}
	}
	part(string(c.verdict), c.note)
	part(c.undeclared...)
	for i := range c.fields {
		f := &c.fields[i]
		part(f.path, place(f), string(f.verdict), f.before, f.after, f.base)
		part(f.item...)
	}
	return key.String()
}

// member is one of a group of jobs that get the same change.
type member struct {
	name, address string
	places        []string // of the fields
}

// memberNames lists the members of a group, as many as fit into width cells; 0 lists all.
func (c *changeView) memberNames(width int) string {
	const some = 3
	names := make([]string, len(c.members))
	for i, m := range c.members {
		names[i] = m.name
	}
	all := strings.Join(names, ", ")
	if width == 0 || len(names) <= some+1 && cells.StringWidth(all) <= width {
		return all
	}
	shown := min(some, len(names))
	for shown > 1 && cells.StringWidth(strings.Join(names[:shown], ", "))+len(" … and 10000 more") > width {
		shown--
	}
	return fmt.Sprintf("%s … and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

// groupsOf lists the groups of a plan for its document.
func groupsOf(plan *diff.Plan) []diff.Group {
	var groups []diff.Group
	for _, view := range grouped(objectsOf(plan)) {
		if len(view.members) == 0 {
			continue
		}
		group := diff.Group{Place: view.place}
		for _, m := range view.members {
			group.Addresses = append(group.Addresses, m.address)
		}
		groups = append(groups, group)
	}
	return groups
}

// objectCounts counts objects by what is done to each: a job whose
// notifications change too is one.
type objectCounts struct{ create, update, replace, enable, disable, delete int }

func countObjects(plan *diff.Plan) objectCounts {
	actions := map[string][]diff.Action{}
	var order []string
	for i := range plan.Changes {
		c := &plan.Changes[i]
		key := string(c.Kind) + " " + jobAddress(c)
		if c.Kind == diff.KindNotification {
			key = string(diff.KindJob) + " " + jobAddress(c)
		} else if _, known := actions[key]; known && c.ID != nil {
			key += " " + *c.ID
		}
		if _, known := actions[key]; !known {
			order = append(order, key)
		}
		actions[key] = append(actions[key], c.Actions...)
	}
	var n objectCounts
	for _, key := range order {
		n.add(actions[key])
	}
	return n
}

// add counts an object by its most serious action.
func (n *objectCounts) add(actions []diff.Action) {
	switch mostSerious(actions) {
	case diff.ActionDelete:
		n.delete++
	case diff.ActionCreate:
		n.create++
	case diff.ActionReplace:
		n.replace++
	case diff.ActionDisable:
		n.disable++
	case diff.ActionUpdate:
		n.update++
	case diff.ActionEnable:
		n.enable++
	}
}

// mostSerious returns the action that an object is counted by, "" if there is none.
func mostSerious(actions []diff.Action) diff.Action {
	for _, action := range []diff.Action{
		diff.ActionDelete, diff.ActionCreate, diff.ActionReplace, diff.ActionDisable, diff.ActionUpdate, diff.ActionEnable,
	} {
		if slices.Contains(actions, action) {
			return action
		}
	}
	return ""
}
