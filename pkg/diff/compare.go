package diff

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// placeOf finds the definition of the value at a path.
type placeOf func(path string) (spec.Pos, bool)

// comparison holds the three sides of one object. desired is what the overlay
// built; declared is the part of it that the definitions state.
type comparison struct {
	live, desired, declared *jsontree.Value
	base                    *jsontree.Value
	links                   correspondences // of desired's items, from the overlay
	threeWay                bool
	spelled                 bool     // the service may store values in a spelling of its own
	rewritten               []string // paths of the base that the service stored with another meaning
	modules                 Modules
	placeOf                 placeOf
	pos                     spec.Pos
	ignored                 func(path string) bool // paths left to others; nil: none

	walked *sides // made by sides when they are first asked for
}

// sides holds the views that a comparison walks: canonical ones for comparing,
// readable ones for printing.
type sides struct {
	live, desired, base                *view
	shownLive, shownDesired, shownBase *view
	declared                           *view
	livePaths, desiredPaths, basePaths *itemPaths
	baseBody                           *jsontree.Value
	baseItems                          map[string]bool // the paths of the base's items
	rewritten                          []string        // paths of fields that the service stored with another meaning
}

func (c *comparison) sides() *sides {
	if c.walked == nil {
		c.walked = c.walk(normalizeKeepingOrder(c.live, c.modules), normalizeKeepingOrder(c.desired, c.modules))
	}
	return c.walked
}

// overlaid computes the body that an update would leave, and which items belong
// together.
func (c *comparison) overlaid(ignored func(path string) bool) {
	c.ignored = ignored
	c.desired, c.links = overlay{c.modules, ignored}.body(c.live, c.declared, c.base)
}

func (c *comparison) walk(live, desired *jsontree.Value) *sides {
	base := normalizeKeepingOrder(c.base, c.modules)
	livePaths, desiredPaths, basePaths, declaredPaths := c.name(live, desired, base)
	shownLive := shown(c.live, c.modules)
	c.forgetOthers(live, shownLive)
	s := &sides{
		live: viewOf(live, livePaths), desired: viewOf(desired, desiredPaths), base: viewOf(base, basePaths),
		shownLive:    viewOf(shownLive, livePaths),
		shownDesired: viewOf(shown(c.desired, c.modules), desiredPaths),
		shownBase:    viewOf(shown(c.base, c.modules), basePaths),
		declared:     viewOf(shown(c.declared, c.modules), declaredPaths),
		livePaths:    livePaths, desiredPaths: desiredPaths, basePaths: basePaths, baseBody: c.base, baseItems: map[string]bool{},
	}
	for _, e := range s.shownBase.entries {
		s.baseItems[e.item] = true
	}
	s.rewritten = renamedPaths(c.rewritten, ownPaths(base), basePaths)
	return s
}

// name gives the items of all sides their paths: the path in desired, else the one in live, else a
// new one. An item without a partner on the other side is one value.
func (c *comparison) name(live, desired, base *jsontree.Value) (livePaths, desiredPaths, basePaths, declaredPaths *itemPaths) {
	livePaths, desiredPaths, basePaths, declaredPaths = newItemPaths(), ownPaths(desired), newItemPaths(), newItemPaths()
	for _, list := range listMembers {
		link := c.links[list]
		if link == nil {
			link = &correspondence{}
		}
		taken := map[string]bool{}
		for _, path := range desiredPaths.paths[list] {
			taken[path] = true
		}
		liveItems, baseItems := live.Get(list).Items(), base.Get(list).Items()
		livePaths.reserve(list, len(liveItems))
		basePaths.reserve(list, len(baseItems))
		for d, path := range desiredPaths.paths[list] {
			h := link.partner(link.live, d)
			desiredPaths.unpaired[list][d] = h == none
			if h != none && h < len(liveItems) {
				livePaths.set(list, h, path, false)
			}
			if b := link.partner(link.base, d); b != none && b < len(baseItems) {
				basePaths.set(list, b, path, h == none)
			}
		}
		for h, item := range liveItems {
			if livePaths.paths[list][h] == "" {
				livePaths.set(list, h, freePath(list, item, h, taken), true)
			}
		}
		for b, item := range baseItems {
			if basePaths.paths[list][b] != "" {
				continue
			}
			if h := link.partner(link.baseLive, b); h != none && livePaths.unpaired[list][h] {
				basePaths.set(list, b, livePaths.paths[list][h], true)
			} else {
				basePaths.set(list, b, freePath(list, item, b, taken), true)
			}
		}
		declaredPaths.reserve(list, c.declared.Get(list).Len())
		for w, item := range c.declared.Get(list).Items() {
			if d := link.partner(link.declared, w); d != none && d < len(desiredPaths.paths[list]) {
				declaredPaths.set(list, w, desiredPaths.paths[list][d], desiredPaths.unpaired[list][d])
			} else {
				declaredPaths.set(list, w, freePath(list, item, w, taken), true)
			}
		}
	}
	return livePaths, desiredPaths, basePaths, declaredPaths
}

// partner returns the i-th index of a side, or none.
func (l *correspondence) partner(side []int, i int) int {
	if i >= len(side) {
		return none
	}
	return side[i]
}

// normalizeKeepingOrder returns a normalized copy without sorting lists, so that their items can be
// found in the original body.
func normalizeKeepingOrder(body *jsontree.Value, modules Modules) *jsontree.Value {
	c := body.Clone()
	for _, rule := range Rules() {
		if rule.ID == "set-order" {
			nestedOrder(c, modules)
			continue
		}
		rule.apply(c, modules)
	}
	return c
}

// shown returns a body for people: as written, with normal line endings, without sensitive values
// and members that only the service writes.
func shown(body *jsontree.Value, modules Modules) *jsontree.Value {
	c := body.Clone()
	limitTime(c, modules)
	readOnly(c, modules)
	endpointKey(c, modules)
	lineEndings(c, modules)
	secretValue(c, modules)
	return c
}

// fields lists what differs between live and desired, each with its verdict.
func (c *comparison) fields() []Field {
	live, desired := normalizeKeepingOrder(c.live, c.modules), normalizeKeepingOrder(c.desired, c.modules)
	if jsontree.Equal(live, desired) {
		return nil // the usual case needs no views
	}
	c.walked = c.walk(live, desired)
	s := c.walked
	var out []Field
	for _, e := range s.desired.entries {
		if !jsontree.Equal(s.live.get(e.path), e.value) && !c.isRefilled(e) {
			out = appendChange(out, c.field(s, e))
		}
	}
	for _, e := range s.live.entries {
		if s.desired.has(e.path) || c.isServers(e) || c.isRefilled(e) {
			continue
		}
		out = appendChange(out, c.field(s, e))
	}
	out = append(out, c.orderFields(s)...)
	sortFields(out)
	return out
}

// appendChange appends a field unless both sides hold the same value. One of them may not count
// because of another member, such as the description of a predefined parameter: then that member is
// the change.
func appendChange(fields []Field, f Field) []Field {
	if !f.Sensitive && jsontree.Equal(f.Before, f.After) {
		return fields
	}
	return append(fields, f)
}

// isServers reports whether the service computes a live value by itself, and
// neither the definitions nor the base declare it. The body to send may lack
// such a value. A value that is declared empty counts as declared.
func (c *comparison) isServers(e entry) bool {
	s := c.walked
	return isDerived(e) && !s.desired.has(e.path) && !(c.threeWay && s.shownBase.has(e.path)) && !s.declared.has(e.path)
}

// isRefilled reports whether the service filled in a derived value again that is declared empty:
// the base declared it empty too.
func (c *comparison) isRefilled(e entry) bool {
	s := c.walked
	if !isDerived(e) || !s.desired.get(e.path).IsEmpty() || s.live.get(e.path).IsEmpty() {
		return false
	}
	return c.threeWay && s.shownBase.has(e.path) && s.shownBase.get(e.path).IsEmpty()
}

// Refilled returns the paths of the fields if the service filled in each of them again after an
// update had made it empty; else nil.
func Refilled(fields []Field) []string {
	paths := make([]string, 0, len(fields))
	for i := range fields {
		f := &fields[i]
		member := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
		if !strings.HasPrefix(f.Path, wire.KeySCMs+"[") || !slices.Contains(derivedScmMembers, member) || !f.After.IsEmpty() || f.Before.IsEmpty() {
			return nil
		}
		paths = append(paths, f.Path)
	}
	return paths
}

// isDerived reports whether the service computes the missing value.
func isDerived(e entry) bool {
	if e.list != wire.KeySCMs || e.wholeItem {
		return false
	}
	return slices.Contains(derivedScmMembers, strings.TrimPrefix(e.path, e.item+"."))
}

func (c *comparison) field(s *sides, e entry) Field {
	f := Field{
		Path:    e.path,
		Before:  cmp.Or(s.shownLive.get(e.path), s.live.get(e.path)),
		After:   cmp.Or(s.shownDesired.get(e.path), s.desired.get(e.path)),
		Verdict: c.verdict(s, e),
	}
	if c.threeWay {
		f.Base = cmp.Or(s.shownBase.get(e.path), s.base.get(e.path))
	}
	// Null means absent to the API, and a plan document does not distinguish them.
	for _, v := range []**jsontree.Value{&f.Before, &f.After, &f.Base} {
		if (*v).IsAbsentOrNull() {
			*v = nil
		}
	}
	if holdsSecret(f.Before) || holdsSecret(f.After) {
		f.Sensitive = true
		f.Before, f.After, f.Base = nil, nil, nil
	}
	f.File, f.Line = c.place(e.path)
	return f
}

// holdsSecret reports whether v is the mark of a sensitive value.
func holdsSecret(v *jsontree.Value) bool {
	text, ok := v.AsString()
	return ok && text == secretMark
}

// verdict decides one value that differs between live and desired.
func (c *comparison) verdict(s *sides, e entry) Verdict {
	if !c.threeWay || !s.baseDeclares(e) {
		return VerdictChange
	}
	spelled := s.spells(e)
	if c.spelled && spelled || s.isRewritten(e.path) {
		return VerdictChange
	}
	base := s.base.get(e.path)
	if e.wholeItem && base != nil && s.live.has(e.path) && c.standsAsDeclared(s, e) {
		base = s.live.get(e.path) // what the service added to it is not an edit
	}
	if e.list == wire.KeyParameters && strings.HasSuffix(e.path, ".limits") && base.Kind() == jsontree.KindArray {
		base = base.Clone()
		keepOptionMembers(base, s.live.get(e.path), nil) // as desired has them
	}
	verdict := threeWay(base, s.live.get(e.path), s.desired.get(e.path))
	if verdict == VerdictConflict && spelled {
		return VerdictChange // nobody edits a value into another spelling of it
	}
	return verdict
}

// standsAsDeclared reports whether a live item equals what the base declared: overlaying the base's
// item changes nothing.
func (c *comparison) standsAsDeclared(s *sides, e entry) bool {
	live := itemAt(c.live.Get(e.list), s.livePaths, e)
	base := itemAt(c.base.Get(e.list), s.basePaths, e)
	if live == nil || base == nil {
		return false
	}
	o := overlay{c.modules, ignoreNothing}
	single := func(item *jsontree.Value) *jsontree.Value {
		return Normalize(jsontree.Object(jsontree.Member{Key: e.list, Value: jsontree.Array(item.Clone())}), c.modules)
	}
	laid, stands := single(o.item(e.list, e.path, live, base, nil)), single(live)
	return jsontree.Equal(laid, stands) || c.spelled && respelled(laid, stands)
}

// itemAt returns the item of a list that is viewed under e's path.
func itemAt(list *jsontree.Value, paths *itemPaths, e entry) *jsontree.Value {
	for i, path := range paths.paths[e.list] {
		if path == e.path && i < list.Len() {
			return list.Items()[i]
		}
	}
	return nil
}

// baseDeclares reports whether the base declares a value. A list in the base also declares the
// absence of other items.
func (s *sides) baseDeclares(e entry) bool {
	if e.list == "" {
		return declares(s.shownBase, e.path)
	}
	if s.baseBody.Get(e.list).Kind() != jsontree.KindArray {
		return s.baseBody.Get(e.list) != nil
	}
	if e.wholeItem || !s.baseItems[e.item] {
		return true
	}
	return declares(s.shownBase, e.path)
}

// declares reports whether v has path or a value that contains it.
func declares(v *view, path string) bool {
	for {
		if v.has(path) {
			return true
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return false
		}
		path = path[:i]
	}
}

// place returns where the value at path was defined: its own place, that of an
// enclosing value, or that of the object.
func (c *comparison) place(path string) (file string, line int) {
	for p := path; p != "" && c.placeOf != nil; {
		if at, ok := c.placeOf(p); ok && at.IsValid() {
			return at.File, at.Line
		}
		i := strings.LastIndexAny(p, ".[")
		if i < 0 {
			break
		}
		p = p[:i]
	}
	return c.pos.File, c.pos.Line
}

// orderedLists are the lists whose order has a meaning.
var orderedLists = []string{wire.KeySteps, wire.KeySCMs}

// orderFields returns a Field for each list whose items are in another order.
func (c *comparison) orderFields(s *sides) []Field {
	var out []Field
	for _, list := range orderedLists {
		live, desired := paired(s.livePaths, list), paired(s.desiredPaths, list)
		if slices.Equal(live, desired) {
			continue
		}
		f := Field{Path: list, Before: names(c.live, s.livePaths, list, desired), After: names(c.desired, s.desiredPaths, list, desired), Verdict: VerdictChange}
		if jsontree.Equal(f.Before, f.After) {
			continue // some were renamed into each other's places, and their names are changes themselves
		}
		if c.threeWay && c.base.Get(list).Kind() == jsontree.KindArray {
			f.Verdict = c.orderVerdict(list, live, desired)
		}
		f.File, f.Line = c.place(list)
		out = append(out, f)
	}
	return out
}

// orderVerdict compares the order of the items that all three sides have.
func (c *comparison) orderVerdict(list string, live, desired []string) Verdict {
	order := partners(c.sides().basePaths, c.links[list], list)
	common := func(paths []string) []string {
		return slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
			return !slices.Contains(order, p) || !slices.Contains(live, p) || !slices.Contains(desired, p)
		})
	}
	switch {
	case slices.Equal(common(order), common(desired)):
		return VerdictDrift
	case slices.Equal(common(order), common(live)):
		return VerdictChange
	}
	return VerdictConflict
}

// partners lists the paths of the base's items that desired has too, in the
// base's order.
func partners(base *itemPaths, link *correspondence, list string) []string {
	inDesired := map[int]bool{}
	if link != nil {
		for _, b := range link.base {
			inDesired[b] = true
		}
	}
	var out []string
	for b, path := range base.paths[list] {
		if inDesired[b] {
			out = append(out, path)
		}
	}
	return out
}

// paired lists the paths of the items that both sides have, in order.
func paired(p *itemPaths, list string) []string {
	var out []string
	for i, path := range p.paths[list] {
		if !p.unpaired[list][i] {
			out = append(out, path)
		}
	}
	return out
}

// names returns the names of the items of a list that both sides have. Those of one name are
// numbered by their places in order, as paths are: a#2.
func names(body *jsontree.Value, paths *itemPaths, list string, order []string) *jsontree.Value {
	key := wire.KeyName
	if list == wire.KeySCMs {
		key = wire.KeyURL
	}
	ofName := map[string][]int{} // the places in order
	for i, item := range body.Get(list).Items() {
		if !paths.unpaired[list][i] {
			ofName[item.Str(key)] = append(ofName[item.Str(key)], slices.Index(order, paths.paths[list][i]))
		}
	}
	for _, places := range ofName {
		slices.Sort(places)
	}
	out := jsontree.Array()
	for i, item := range body.Get(list).Items() {
		if paths.unpaired[list][i] {
			continue
		}
		name := item.Str(key)
		if nth := slices.Index(ofName[name], slices.Index(order, paths.paths[list][i])); nth > 0 {
			name += "#" + strconv.Itoa(nth+1)
		}
		out.Append(jsontree.String(name))
	}
	return out
}

// sortFields groups the fields of one list, in the order of a body in the API
// reference. Fields of items that go come last.
func sortFields(fields []Field) {
	rank := func(f Field) int {
		top, _, _ := strings.Cut(f.Path, "[")
		top, _, _ = strings.Cut(top, ".")
		if i := slices.Index(memberOrder, top); i >= 0 {
			return i
		}
		return len(memberOrder)
	}
	slices.SortStableFunc(fields, func(a, b Field) int { return rank(a) - rank(b) })
}

// memberOrder is the order in which a plan shows the members of a job.
var memberOrder = []string{
	enabledPath, wire.KeyJobName, wire.KeyName, wire.KeyDescription, wire.KeyToolType, wire.KeyArch, wire.KeyHostType, wire.KeyFlavor, wire.KeyBuildConfigType,
	wire.KeyAutoUpdateSubModule, wire.KeyBuildIfCodeUpdated, wire.KeyTimeout, wire.KeyGroupID, wire.KeySCMs, wire.KeyParameters, wire.KeyTriggers, wire.KeySteps,
}
