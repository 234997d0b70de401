// Package curltls makes a [*tls.Config] from curl's TLS options: certificate files
// in every form that curl accepts, authorities, pinned keys, versions, and cipher
// suites by name.
//
// It is a separate module, so that programs that import only curlew do not download
// the modules that PKCS#12 needs.
package curltls
