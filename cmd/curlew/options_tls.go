package main

var tlsOptions = []option{
	{"cacert", 0, "<file>", gTLS, "Trust the authorities in this PEM file", "", text(func(c *config) *string { return &c.tls.CAFile })},
	{"capath", 0, "<dir>", gTLS, "Trust the authorities in this directory's PEM files", "the same, but the files may have any name", text(func(c *config) *string { return &c.tls.CADir })},
	{"ca-native", 0, "", gTLS, "Trust the system's authorities as well", "", yes(func(c *config) *bool { return &c.tls.CANative })},
	{"insecure", 'k', "", gTLS, "Do not check the server's certificate", "", yes(func(c *config) *bool { return &c.tls.Insecure })},
	{"cert", 'E', "<file[:password]>", gTLS, "Client certificate: PEM or PKCS#12", "", certTo(hostTLS)},
	{"cert-type", 0, "<type>", gTLS, "The form of --cert", "the same; here it is not needed, the form is seen", ignored},
	{"key", 0, "<file>", gTLS, "The private key of --cert, if in another file", "", text(func(c *config) *string { return &c.tls.Key })},
	{"key-type", 0, "<type>", gTLS, "The form of --key", "the same; here it is not needed, the form is seen", ignored},
	{"pass", 0, "<password>", gTLS, "The password of the private key", "", text(func(c *config) *string { return &c.tls.Password })},
	{"pinnedpubkey", 0, "<hashes|file>", gTLS, "Accept only these keys of the server", "", text(func(c *config) *string { return &c.tls.PinnedPublicKey })},
	{"ciphers", 0, "<list>", gTLS, "Cipher suites for TLS 1.2 and before", "", text(func(c *config) *string { return &c.tls.Ciphers })},
	{"tlsv1", '1', "", gTLS, "TLS 1.0 or later", "", minimum(hostTLS, tlsVersions["1.0"])},
	{"tlsv1.0", 0, "", gTLS, "TLS 1.0 or later", "", minimum(hostTLS, tlsVersions["1.0"])},
	{"tlsv1.1", 0, "", gTLS, "TLS 1.1 or later", "", minimum(hostTLS, tlsVersions["1.1"])},
	{"tlsv1.2", 0, "", gTLS, "TLS 1.2 or later", "", minimum(hostTLS, tlsVersions["1.2"])},
	{"tlsv1.3", 0, "", gTLS, "TLS 1.3 or later", "", minimum(hostTLS, tlsVersions["1.3"])},
	{"tls-max", 0, "<version>", gTLS, "At most this TLS version: 1.0 to 1.3", "", tlsMax},
	{"sessionid", 0, "", gTLS, "Resume TLS sessions; on by default", "", no(func(c *config) *bool { return &c.noResume })},
	{"alpn", 0, "", gTLS, "Use ALPN in TLS; on by default", "", no(func(c *config) *bool { return &c.client.Net.NoALPN })},
}
