package emulator

import (
	"maps"
	"slices"
	"sync"
)

// store keeps rows: bytes by table and key. Commits are atomic.
type store interface {
	// get returns a row's bytes, which the caller must not change; nil if there is none.
	get(table, key string) ([]byte, error)
	// each calls row for every row of a table in order of keys. The bytes are valid only during the
	// call.
	each(table string, row func(key string, value []byte) error) error
	commit(writes []write) error
	close() error
}

// write puts a row, or deletes it where value is nil.
type write struct {
	table, key string
	value      []byte
}

func openStore(opts Options) (store, error) {
	if opts.Path == "" {
		return &memoryStore{tables: map[string]map[string][]byte{}}, nil
	}
	return openFileStore(opts.Path, opts.LockTimeout)
}

// memoryStore is a store in memory.
type memoryStore struct {
	mu     sync.RWMutex
	tables map[string]map[string][]byte
}

func (m *memoryStore) get(table, key string) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.tables[table][key], nil
}

func (m *memoryStore) each(table string, row func(string, []byte) error) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, key := range slices.Sorted(maps.Keys(m.tables[table])) {
		if err := row(key, m.tables[table][key]); err != nil {
			return err
		}
	}
	return nil
}

func (m *memoryStore) commit(writes []write) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range writes {
		if w.value == nil {
			delete(m.tables[w.table], w.key)
			continue
		}
		if m.tables[w.table] == nil {
			m.tables[w.table] = map[string][]byte{}
		}
		m.tables[w.table][w.key] = w.value
	}
	return nil
}

func (m *memoryStore) close() error { return nil }
