//go:build !unix

package main

import "os"

// background reports whether f is a terminal that others have: there is no such thing.
func background(f *os.File) bool { return false }

// awaitReadersEnd cannot find out whether anybody reads f.
func awaitReadersEnd(f *os.File) bool { return false }
