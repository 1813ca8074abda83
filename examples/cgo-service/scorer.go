package main

/*
#include <stdlib.h>
#include <string.h>

static unsigned long score(const char *text)
{
	unsigned long sum = 0;

	while (*text)
		sum = sum * 31 + (unsigned char)*text++;
	return sum;
}

static char *normalized(const char *text)
{
	char *copy = strdup(text);

	for (char *c = copy; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	return copy;
}
*/
import "C"

import "unsafe"

// Document is a text that C code works on, in memory that Go does not collect.
type Document struct {
	text *C.char
}

// NewDocument copies the text to where C can read it; Close gives that back.
func NewDocument(text string) *Document {
	return &Document{C.CString(text)}
}

// Close frees the copy.
func (d *Document) Close() {
	C.free(unsafe.Pointer(d.text))
}

// Score answers how a document ranks.
func (d *Document) Score() uint64 {
	return uint64(C.score(d.text))
}

// ScoreNormalized answers how it ranks without regard to case.
func (d *Document) ScoreNormalized() uint64 {
	lower := C.normalized(d.text) // the bug: nobody frees what C allocated for this
	return uint64(C.score(lower))
}
