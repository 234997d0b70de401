package main

var outputOptions = []option{
	{"output", 'o', "<file>", gOutput, "Write messages to this file", "", text(func(c *config) *string { return &c.output })},
	{"output-dir", 0, "<dir>", gOutput, "The directory of that file", "", text(func(c *config) *string { return &c.outputDir })},
	{"create-dirs", 0, "", gOutput, "Make the directories of that file", "", yes(func(c *config) *bool { return &c.createDirs })},
	{"remote-name", 'O', "", gOutput, "Write messages to a file named as the URL's end", "", yes(func(c *config) *bool { return &c.remoteName })},
	{"verbose", 'v', "", gOutput, "Show the handshake and a line a frame", "", count(func(c *config) *int { return &c.verbose })},
	{"show-secrets", 0, "", gOutput, "Show credentials and cookies with --verbose", onlyHere + ", which always shows them", yes(func(c *config) *bool { return &c.client.ShowSecrets })},
	{"silent", 's', "", gOutput, "Show no errors", "", yes(func(c *config) *bool { return &c.silent })},
	{"show-error", 'S', "", gOutput, "Show errors though --silent", "", yes(func(c *config) *bool { return &c.showError })},
}
