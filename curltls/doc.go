// Package curltls makes a *tls.Config from curl's TLS options: certificate files in every form that curl
// takes, authorities, pinned keys, versions and cipher suites by name.
//
// It is a module of its own, so that programs that import curlew alone do not download what PKCS#12 needs.
package curltls
