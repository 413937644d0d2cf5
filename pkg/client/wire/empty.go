package wire

import "github.com/buildsync/buildsync/pkg/jsontree"

// DropEmpty removes empty members from a job's body: null, [], {} and "". Items of arrays stay,
// because their position matters. In the properties of a step "" stays too: the service
// distinguishes it from a missing one.
func DropEmpty(body *jsontree.Value) {
	properties := map[*jsontree.Value]bool{}
	for _, step := range body.Get(KeySteps).Items() {
		if p := step.Get(KeyProperties); p != nil {
			properties[p] = true
		}
	}
	dropEmpty(body, properties, false)
}

// dropEmpty removes the empty members of v at all depths. Under the values in keepText, empty
// strings stay.
func dropEmpty(v *jsontree.Value, keepText map[*jsontree.Value]bool, keeping bool) {
	keeping = keeping || keepText[v]
	for _, item := range v.Items() {
		dropEmpty(item, keepText, keeping)
	}
	var empty []string
	for _, m := range v.Members() {
		dropEmpty(m.Value, keepText, keeping)
		if m.Value.IsEmpty() && !(keeping && m.Value.Kind() == jsontree.KindString) {
			empty = append(empty, m.Key)
		}
	}
	for _, key := range empty {
		v.Delete(key)
	}
}
