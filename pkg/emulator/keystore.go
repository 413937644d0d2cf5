package emulator

import (
	"fmt"
	"net/http"
	"unicode/utf8"
)

// maxFileName is how long a keystore file's name may be, in characters.
const maxFileName = 500

// downloadKeystore serves API reference 4.3. Only files of the caller's account are
// served.
func downloadKeystore(rq *request) (*answer, error) {
	name, domain := rq.query("file_name"), rq.query("domain_id")
	if name == "" || utf8.RuneCountInString(name) > maxFileName {
		return nil, refuse(http.StatusBadRequest, codeFileName, "Invalid file name.")
	}
	if !isProjectID(domain) {
		return nil, invalid("domain_id must be 32 digits and lower-case letters.")
	}
	if domain != rq.user.DomainID {
		return nil, refuse(http.StatusForbidden, codeRejected, "The account %s is not the caller's.", domain)
	}
	data, known := rq.state().files[domain+"/"+name]
	if !known {
		return nil, refuse(http.StatusUnprocessableEntity, codeRejected, "The file %s does not exist.", name)
	}
	a, err := download(name, data)
	if err != nil {
		return nil, err
	}
	return rq.ranged(a), nil
}

// PutKeystoreFile stores a file for the first user's account: the reference has
// a call to download such files and none to upload them.
func (e *Emulator) PutKeystoreFile(name string, data []byte) error {
	if name == "" || utf8.RuneCountInString(name) > maxFileName {
		return fmt.Errorf("storing a keystore file: the name must have 1 to %d characters", maxFileName)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	user := &e.opts.Users[0]
	t := newTx(e.state, user, e.Now())
	t.putFile(user.DomainID+"/"+name, append([]byte{}, data...))
	_, err := t.commit()
	return err
}
