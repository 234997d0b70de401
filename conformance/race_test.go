//go:build race

package conformance

// raceEnabled says that the race detector slows all down tenfold.
const raceEnabled = true
