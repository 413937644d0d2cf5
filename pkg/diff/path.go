package diff

import "github.com/buildsync/buildsync/pkg/valuepath"

// memberPath is the path of an object's member.
func memberPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + valuepath.Member(key)
}
