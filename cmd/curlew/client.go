package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// finish makes the client of options that work together.
func (c *config) finish() error {
	t := &tls.Config{InsecureSkipVerify: c.insecure}
	if c.cacert != "" {
		pem, err := os.ReadFile(c.cacert)
		if err != nil {
			return &failure{codeCACert, fmt.Errorf("option --cacert: %w", err)}
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return &failure{codeCACert, fmt.Errorf("option --cacert: expected certificates in PEM form, %s has none", c.cacert)}
		}
	}
	c.client.Net.TLS = t
	if _, given := c.client.Header["User-Agent"]; !given {
		c.client.Header.Set("User-Agent", "curlew/"+version)
	}
	if c.verbose > 0 {
		c.client.Trace = verbose(c.std.err)
	}
	return nil
}
