package main

var outputOptions = []option{
	{"verbose", 'v', "", gOutput, "Show the handshake and a line a frame", "", count(func(c *config) *int { return &c.verbose })},
	{"show-secrets", 0, "", gOutput, "Show credentials and cookies with --verbose", onlyHere + ", which always shows them", yes(func(c *config) *bool { return &c.client.ShowSecrets })},
	{"silent", 's', "", gOutput, "Show no errors", "", yes(func(c *config) *bool { return &c.silent })},
	{"show-error", 'S', "", gOutput, "Show errors though --silent", "", yes(func(c *config) *bool { return &c.showError })},
}
