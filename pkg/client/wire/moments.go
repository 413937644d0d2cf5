package wire

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// momentNames end the names of members in which a service notes when something was made or changed,
// in small letters without separators.
var momentNames = []string{
	"createtime", "createdtime", "creationtime", "createdat", "createdate", "createddate", "gmtcreate", "gmtcreated",
	"updatetime", "updatedtime", "updatedat", "updatedate", "updateddate", "lastupdated", "lastupdate",
	"modifytime", "modifiedtime", "modificationtime", "modifiedat", "modifydate", "modifieddate", "lastmodified", "gmtmodified", "gmtmodify",
}

// moment matches a time from 2001 on: seconds, milliseconds or smaller units since 1970, or a date,
// alone or with a time of the day.
var moment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[12][0-9]{9}(?:[0-9]{3}){0,3}(?:\.[0-9]+)?|20[0-9]{2}[-/][01][0-9][-/][0-3][0-9](?:[T ][0-2][0-9]:.*)?)$`)
})

// isMoment reports whether a member notes when the service last wrote something. Such a member
// changes by itself. Both the name and the value count: nobody notes a time in
// "update_time: daily", and a time under another name may be somebody's setting.
func isMoment(m jsontree.Member) bool {
	switch m.Value.Kind() {
	case jsontree.KindNumber, jsontree.KindString:
	default:
		return false
	}
	if text := m.Value.Text(); text == "" || text[0] < '1' || text[0] > '2' { // so begins each moment
		return false
	}
	name := separators.Replace(strings.ToLower(m.Key))
	return slices.ContainsFunc(momentNames, func(end string) bool { return strings.HasSuffix(name, end) }) && moment().MatchString(m.Value.Text())
}

// separators removes what may stand between the words of a name.
var separators = strings.NewReplacer("_", "", "-", "", ".", "")

// DropMoments removes the moments of a body, at any depth. A property that a step's module is known
// to have stays, because it is the user's.
func DropMoments(body *jsontree.Value, isProperty func(moduleID, name string) bool) {
	dropMoments(body, func(string) bool { return false }, isProperty)
}

func dropMoments(v *jsontree.Value, isUsers func(name string) bool, isProperty func(moduleID, name string) bool) {
	for _, item := range v.Items() {
		dropMoments(item, isUsers, isProperty)
	}
	module, moments := ModuleOf(v), []string(nil)
	for _, m := range v.Members() {
		if isMoment(m) && !isUsers(m.Key) {
			moments = append(moments, m.Key)
		}
	}
	for _, key := range moments {
		v.Delete(key)
	}
	for _, m := range v.Members() {
		below := isUsers
		if module != "" && strings.EqualFold(m.Key, KeyProperties) {
			below = func(name string) bool { return isProperty(module, name) }
		}
		dropMoments(m.Value, below, isProperty)
	}
}
