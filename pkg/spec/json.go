package spec

import "github.com/buildsync/buildsync/pkg/jsontree"

// JSON returns n as JSON, nil for nil. A number that JSON cannot hold, such as
// .inf, becomes its text.
func (n *Node) JSON() *jsontree.Value {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case MappingNode:
		members := make([]jsontree.Member, 0, len(n.Fields))
		for _, f := range n.Fields {
			members = append(members, jsontree.Member{Key: f.Key.Text, Value: f.Value.JSON()})
		}
		return jsontree.Object(members...)
	case SequenceNode:
		items := make([]*jsontree.Value, 0, len(n.Items))
		for _, item := range n.Items {
			items = append(items, item.JSON())
		}
		return jsontree.Array(items...)
	}
	switch n.Type {
	case NullType:
		return jsontree.Null()
	case BoolType:
		return jsontree.Bool(n.Text == "true" || n.Text == "True" || n.Text == "TRUE")
	case IntType, FloatType:
		if v, err := jsontree.Parse([]byte(n.Text), jsontree.Limits{}); err == nil && v.Kind() == jsontree.KindNumber {
			return v
		}
	}
	return jsontree.String(n.Text)
}
