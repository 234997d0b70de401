package curlewtest

import "testing"

// Checks returns the names of TestTransport's checks.
func Checks() (names []string) {
	for _, c := range transportChecks {
		names = append(names, c.name)
	}
	return names
}

// RunCheck runs one of them; its failures go to tb.
func RunCheck(tb testing.TB, name string, make MakeTransport) {
	for _, c := range transportChecks {
		if c.name == name {
			NoLeaks(tb)
			c.run(&trial{TB: tb, make: make})
		}
	}
}
