package gitbase

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Identity identifies the content of a file by its Git ids, in both object
// formats.
type Identity struct {
	asIs, unix blobIDs // unix: with the line ends that Git stores
}

// blobIDs are the ids that Git gives to one content.
type blobIDs struct {
	sha1   [sha1.Size]byte
	sha256 [sha256.Size]byte
}

// IdentityOf returns the identity of content.
func IdentityOf(content []byte) Identity {
	id := Identity{asIs: idsOf(content)}
	id.unix = id.asIs
	if bytes.Contains(content, []byte("\r\n")) {
		id.unix = idsOf(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")))
	}
	return id
}

func idsOf(content []byte) (ids blobIDs) {
	header := []byte("blob " + strconv.Itoa(len(content)) + "\x00")
	short, long := sha1.New(), sha256.New()
	for _, part := range [...][]byte{header, content} {
		short.Write(part)
		long.Write(part)
	}
	short.Sum(ids.sha1[:0])
	long.Sum(ids.sha256[:0])
	return ids
}

// is reports whether object, as Git writes it, is one of the ids.
func (ids blobIDs) is(object string) bool {
	if len(object) == hex.EncodedLen(sha256.Size) {
		return object == hex.EncodeToString(ids.sha256[:])
	}
	return object == hex.EncodeToString(ids.sha1[:])
}
