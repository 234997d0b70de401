package curltls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Options are curl's TLS options, in curl's forms. [Options.Config] returns the
// *tls.Config for them, to be used as TLS, ProxyTLS or DoHTLS of a [dial.Config].
// The zero value is the zero tls.Config: the system's authorities, TLS 1.2 and 1.3.
type Options struct {
	// CAFile is a PEM file of authorities to trust instead of the system's. CADir is
	// a directory of such files. curl --cacert and --capath.
	CAFile, CADir string

	// CANative trusts the system's authorities in addition to those of CAFile and
	// CADir. curl --ca-native.
	CANative bool

	// Insecure accepts every certificate. Pins are still checked. curl --insecure.
	Insecure bool

	// Cert is the file of a client certificate and its chain. Key is the file of its
	// private key; if it is empty, Cert has the key, too. The files may be in PEM or
	// DER form, Cert also in PKCS#12 form. curl --cert and --key.
	//
	// With a certificate, a server with TLS 1.2 may renegotiate once. IIS does so to
	// ask for the certificate only for some paths.
	Cert, Key string

	// Password decrypts a PKCS#8 key or a PKCS#12 file. curl --pass.
	Password string

	// PinnedPublicKey is the server's public key: hashes of allowed keys as
	// "sha256//base64;sha256//base64", or the path of a file with the key in PEM or
	// DER form. With any other key the handshake fails with a *[dial.PinError].
	// curl --pinnedpubkey.
	PinnedPublicKey string

	// MinVersion and MaxVersion are constants such as tls.VersionTLS12. 0 is Go's
	// default. curl --tlsv1.2 and similar options, and --tls-max.
	MinVersion, MaxVersion uint16

	// Ciphers are the cipher suites of TLS 1.2 and earlier: names of IANA or
	// OpenSSL, separated by colons, commas or spaces. Those of TLS 1.3 cannot be
	// chosen. curl --ciphers.
	Ciphers string

	// KeyLog gets the secrets of TLS in NSS key log format, with which a network
	// analyser can decrypt the traffic. So can everyone else who has them. An error
	// of Write fails the handshake, as in crypto/tls.
	// curl: the environment variable SSLKEYLOGFILE.
	KeyLog io.Writer

	// Resume keeps sessions in the memory of the returned Config, so that the next
	// handshake with a server is shorter. curl does this without --no-sessionid.
	Resume bool
}

// Config reads the files and returns a new *tls.Config. It blocks only on files.
// Errors have the names of the option and the file. They never show Password.
func (o *Options) Config() (*tls.Config, error) {
	config := &tls.Config{
		InsecureSkipVerify: o.Insecure,
		MinVersion:         o.MinVersion,
		MaxVersion:         o.MaxVersion,
		KeyLogWriter:       o.KeyLog,
	}
	if o.Resume {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	var err error
	if config.RootCAs, err = o.authorities(); err != nil {
		return nil, err
	}
	if o.Cert != "" {
		cert, err := loadCert(o.Cert, o.Key, o.Password)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{cert}
		config.Renegotiation = tls.RenegotiateOnceAsClient
	}
	if o.PinnedPublicKey != "" {
		if config.VerifyConnection, err = pin(o.PinnedPublicKey); err != nil {
			return nil, fmt.Errorf("pinned public key: %w", err)
		}
	}
	config.CipherSuites, err = cipherSuites(o.Ciphers)
	return config, err
}

// authorities returns the pool to trust, or nil for the system's.
func (o *Options) authorities() (*x509.CertPool, error) {
	if o.CAFile == "" && o.CADir == "" {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if o.CANative {
		var err error
		if pool, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("the system's authorities: %w", err)
		}
	}
	if o.CAFile != "" {
		b, err := readFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("CA file: %w", err)
		}
		if !pool.AppendCertsFromPEM(b) {
			return nil, fmt.Errorf("CA file %s: expected a certificate in PEM form, got none", o.CAFile)
		}
	}
	if o.CADir != "" {
		return pool, addDir(pool, o.CADir)
	}
	return pool, nil
}

// addDir adds the certificates in the files of dir. There must be at least one.
// Other files are skipped, since such directories also contain revocation lists.
func addDir(pool *x509.CertPool, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("CA directory: %w", err)
	}
	found := false
	for _, entry := range entries {
		if b, err := readFile(filepath.Join(dir, entry.Name())); err == nil && pool.AppendCertsFromPEM(b) {
			found = true
		}
	}
	if !found {
		return fmt.Errorf("CA directory %s: expected a certificate in PEM form, got none", dir)
	}
	return nil
}

// cipherSuites returns the numbers of suites, or nil, Go's default, for no names.
func cipherSuites(names string) ([]uint16, error) {
	known := map[string]uint16{}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		known[suite.Name], known[openSSLName(suite.Name)] = suite.ID, suite.ID
	}
	var ids []uint16
	for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return strings.ContainsRune(":, ", r) }) {
		id, ok := known[strings.ToUpper(name)]
		if !ok {
			return nil, fmt.Errorf("invalid cipher suite %q: expected a name of IANA or OpenSSL that crypto/tls has", name)
		}
		ids = append(ids, id)
	}
	if names != "" && ids == nil {
		return nil, errors.New("expected the name of a cipher suite, got none")
	}
	return ids, nil
}

// openSSLName returns ECDHE-RSA-AES128-SHA for TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA.
func openSSLName(iana string) string {
	return strings.NewReplacer("TLS_RSA_WITH_", "", "TLS_", "", "_WITH_", "-", "AES_", "AES", "_CBC_SHA", "-SHA",
		"_POLY1305_SHA256", "-POLY1305", "3DES_EDE_CBC", "DES-CBC3", "RC4_128", "RC4", "_", "-").Replace(iana)
}
