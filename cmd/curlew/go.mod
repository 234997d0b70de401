module github.com/curlew-ws/curlew/cmd/curlew

go 1.26.0

require (
	github.com/creack/pty v1.1.24
	github.com/curlew-ws/curlew v0.0.0
	github.com/curlew-ws/curlew/curltls v0.0.0
	github.com/rivo/uniseg v0.4.7
	github.com/rogpeppe/go-internal v1.16.0
	golang.org/x/net v0.62.0
	golang.org/x/sys v0.49.0
	golang.org/x/term v0.47.0
	software.sslmate.com/src/go-pkcs12 v0.7.4
)

require (
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
)

replace (
	github.com/curlew-ws/curlew => ../..
	github.com/curlew-ws/curlew/curltls => ../../curltls
)
