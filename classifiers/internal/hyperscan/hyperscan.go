//go:build hyperscan && cgo

// Package hyperscan binds what the benchmarks of the rules need of Intel's
// Hyperscan (5.x): how fast many patterns can be found in a text at all. The
// product does not use it; it is built with the tag hyperscan only.
package hyperscan

/*
#cgo pkg-config: libhs
#include <stdint.h>
#include <stdlib.h>
#include <hs.h>

static int note(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *seen) {
	((uint64_t *)seen)[id >> 6] |= (uint64_t)1 << (id & 63);
	return 0;
}

static hs_error_t scan(const hs_database_t *db, const char *text, unsigned int n, hs_scratch_t *scratch, uint64_t *seen) {
	return hs_scan(db, text, n, 0, scratch, note, seen);
}
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Database is a compiled set of patterns with the scratch memory of one scan:
// it is for one goroutine at a time.
type Database struct {
	db      *C.hs_database_t
	scratch *C.hs_scratch_t
}

// Compile compiles patterns over UTF-8 texts, of each of which only the first
// match is asked for: Hyperscan's fastest mode. Close frees them.
func Compile(patterns []string) (*Database, error) {
	expressions, flags, ids := make([]*C.char, len(patterns)), make([]C.uint, len(patterns)), make([]C.uint, len(patterns))
	for i, p := range patterns {
		expressions[i] = C.CString(p)
		defer C.free(unsafe.Pointer(expressions[i]))
		flags[i], ids[i] = C.HS_FLAG_UTF8|C.HS_FLAG_SINGLEMATCH, C.uint(i)
	}
	d := &Database{}
	var failed *C.hs_compile_error_t
	if C.hs_compile_multi(&expressions[0], &flags[0], &ids[0], C.uint(len(patterns)), C.HS_MODE_BLOCK, nil, &d.db, &failed) != C.HS_SUCCESS {
		defer C.hs_free_compile_error(failed)
		at := ""
		if failed.expression >= 0 {
			at = patterns[failed.expression]
		}
		return nil, fmt.Errorf("compile %q: %s", at, C.GoString(failed.message))
	}
	if code := C.hs_alloc_scratch(d.db, &d.scratch); code != C.HS_SUCCESS {
		C.hs_free_database(d.db)
		return nil, fmt.Errorf("allocate scratch memory: error %d", code)
	}
	return d, nil
}

// Scan sets the bits of the patterns that match somewhere in text.
func (d *Database) Scan(text []byte, seen []uint64) error {
	if len(text) == 0 {
		return nil
	}
	code := C.scan(d.db, (*C.char)(unsafe.Pointer(&text[0])), C.uint(len(text)), d.scratch, (*C.uint64_t)(unsafe.Pointer(&seen[0])))
	if code != C.HS_SUCCESS {
		return fmt.Errorf("scan: error %d", code)
	}
	return nil
}

// Size is the bytes of the compiled patterns.
func (d *Database) Size() int {
	var n C.size_t
	C.hs_database_size(d.db, &n)
	return int(n)
}

// Close frees the patterns.
func (d *Database) Close() {
	C.hs_free_scratch(d.scratch)
	C.hs_free_database(d.db)
}
