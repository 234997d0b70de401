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

// Options are curl's TLS options in curl's forms. [Options.Config] makes
// a *tls.Config of them, for Config.TLS, ProxyTLS or DoHTLS. The zero value is
// the zero tls.Config: the system's authorities, TLS 1.2 and 1.3.
type Options struct {
	// CAFile and CADir are the authorities to trust instead of the system's: a
	// PEM file, and a directory of PEM files. curl --cacert and --capath.
	CAFile, CADir string

	// CANative trusts the system's authorities beside those of CAFile and
	// CADir. curl --ca-native.
	CANative bool

	// Insecure accepts every certificate. Pins still count. curl --insecure.
	Insecure bool

	// Cert and Key are the files of a client certificate, with the chain behind
	// it, and its private key; an empty Key is in Cert too. Their form is seen
	// from the content: PEM, DER, or for Cert PKCS#12. A server of TLS 1.2 may
	// renegotiate once, as IIS does to ask for the certificate of some paths
	// only. curl --cert and --key.
	Cert, Key string

	// Password opens an encrypted PKCS#8 key or a PKCS#12 file. curl --pass.
	Password string

	// PinnedPublicKey is what the server's key must be: hashes as
	// "sha256//base64;sha256//base64", or the path of a file with the public
	// key in PEM or DER form. Anything else fails with a *[PinError].
	// curl --pinnedpubkey.
	PinnedPublicKey string

	// MinVersion and MaxVersion are tls.VersionTLS12 and its like; 0 is Go's
	// default. curl --tlsv1.2 and its like, and --tls-max.
	MinVersion, MaxVersion uint16

	// Ciphers are the names of the cipher suites of TLS 1.2 and before, by IANA
	// or OpenSSL, separated by colons, commas or spaces. TLS 1.3 suites are all
	// good and not chosen from. curl --ciphers.
	Ciphers string

	// KeyLog is written the secrets that let a network analyser read along, in
	// NSS key log format. Whoever has them can read the traffic. An error of
	// its Write fails the handshake, as in crypto/tls.
	// curl: the environment variable SSLKEYLOGFILE.
	KeyLog io.Writer

	// Resume keeps sessions in memory, in the Config made, so that the next
	// handshake with a server is shorter. curl does so without --no-sessionid.
	Resume bool
}

// Config reads the files named and makes a *tls.Config. It blocks on files
// only. The errors name file and option, and never show Password.
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

// authorities is the pool to trust, or nil for the system's.
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
			return nil, fmt.Errorf("CA file %s: no certificate in PEM form in it", o.CAFile)
		}
	}
	if o.CADir != "" {
		return pool, addDir(pool, o.CADir)
	}
	return pool, nil
}

// addDir adds the certificates in the files of dir. There must be one; what is
// no file of certificates is passed over, as lists of revocations and such
// live there too.
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
		return fmt.Errorf("CA directory %s: no certificate in PEM form in its files", dir)
	}
	return nil
}

// cipherSuites turns names into numbers. None is nil, Go's default.
func cipherSuites(names string) ([]uint16, error) {
	known := map[string]uint16{}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		known[suite.Name], known[openSSLName(suite.Name)] = suite.ID, suite.ID
	}
	var ids []uint16
	for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return strings.ContainsRune(":, ", r) }) {
		id, ok := known[strings.ToUpper(name)]
		if !ok {
			return nil, fmt.Errorf("cipher suite %q is not known", name)
		}
		ids = append(ids, id)
	}
	if names != "" && ids == nil {
		return nil, errors.New("no cipher suite is named")
	}
	return ids, nil
}

// openSSLName turns TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA into ECDHE-RSA-AES128-SHA.
func openSSLName(iana string) string {
	return strings.NewReplacer("TLS_RSA_WITH_", "", "TLS_", "", "_WITH_", "-", "AES_", "AES", "_CBC_SHA", "-SHA",
		"_POLY1305_SHA256", "-POLY1305", "3DES_EDE_CBC", "DES-CBC3", "RC4_128", "RC4", "_", "-").Replace(iana)
}
