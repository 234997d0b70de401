package main

import "testing"

// FuzzPasted: no command, and no line of a config file, makes the tool panic.
func FuzzPasted(f *testing.F) {
	for _, text := range []string{"curl 'a'", "$ curl ^\"a^\" ^\n b", "curl \"a\"\"b\" $'\\x41' `\n c", "curl a\\", "curl $", "= x", "a = \"b\\", "-v true", "-"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pastedArgs(text)
		if args, err := configLine(text); err == nil {
			switchValue(args)
		}
		newConfig(std{}).target(text)
	})
}
