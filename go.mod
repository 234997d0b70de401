module github.com/curlew-ws/curlew

go 1.26.0

require (
	github.com/klauspost/compress v1.20.3
	golang.org/x/net v0.62.0
	software.sslmate.com/src/go-pkcs12 v0.7.4
)

require (
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)
