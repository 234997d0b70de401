//go:build race

package conformance

// raceEnabled reports whether the race detector slows everything down tenfold.
const raceEnabled = true
