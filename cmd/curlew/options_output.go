package main

var outputOptions = []option{
	{"output", 'o', "<file>", gOutput, "Write messages to this file", "", text(func(c *config) *string { return &c.output })},
	{"output-dir", 0, "<dir>", gOutput, "The directory of that file", "", text(func(c *config) *string { return &c.outputDir })},
	{"create-dirs", 0, "", gOutput, "Make the directories of that file", "", yes(func(c *config) *bool { return &c.createDirs })},
	{"remote-name", 'O', "", gOutput, "Write messages to a file named as the URL's end", "", yes(func(c *config) *bool { return &c.remoteName })},
	{"verbose", 'v', "", gOutput, "Show the handshake and a line a frame", "", count(func(c *config) *int { return &c.verbose })},
	{"show-secrets", 0, "", gOutput, "Show credentials and cookies with --verbose", onlyHere + ", which always shows them", yes(func(c *config) *bool { return &c.showSecrets })},
	{"silent", 's', "", gOutput, "Show no errors", "", yes(func(c *config) *bool { return &c.silent })},
	{"show-error", 'S', "", gOutput, "Show errors though --silent", "", yes(func(c *config) *bool { return &c.showError })},
	{"include", 'i', "", gOutput, "Write the response's head to the output as well", "there not for ws URLs", yes(func(c *config) *bool { return &c.include })},
	{"dump-header", 'D', "<file>", gOutput, "Write the heads of responses to this file", "", text(func(c *config) *string { return &c.dump })},
	{"frames", 0, "[=json]", gOutput, "Show a line a chunk, or a JSON object", onlyHere + "; to standard error", setFrames},
	{"trace", 0, "<file>", gOutput, "Write all bytes in hexadecimal to this file", "the same: - is standard output, % standard error", text(func(c *config) *string { return &c.traceFile })},
	{"trace-ascii", 0, "<file>", gOutput, "The same without hexadecimal", "", text(func(c *config) *string { return &c.traceASCII })},
	{"trace-time", 0, "", gOutput, "Put the time before what --verbose and --trace show", "", yes(func(c *config) *bool { return &c.traceTime })},
	{"stats", 0, "", gOutput, "Show counts of messages, frames and bytes at the end", onlyHere, yes(func(c *config) *bool { return &c.stats })},
	{"write-out", 'w', "<format|@file>", gOutput, "Write this at the end, with %{variables}", "the same; the variables are listed below", setWriteOut},
	{"stderr", 0, "<file>", gOutput, "Write what goes to standard error to this file", "", setStderr},
	{"no-buffer", 'N', "", gOutput, "Write messages as they come", "the same, and what is done anyway", nothing},
	{"no-progress-meter", 0, "", gOutput, "Show no progress", "the same, and what is done anyway", nothing},
}
