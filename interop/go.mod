module github.com/curlew-ws/curlew/interop

go 1.26.0

require (
	github.com/curlew-ws/curlew v0.0.0
	github.com/curlew-ws/curlew/curltls v0.0.0
)

require (
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	software.sslmate.com/src/go-pkcs12 v0.7.4 // indirect
)

replace (
	github.com/curlew-ws/curlew => ../
	github.com/curlew-ws/curlew/curltls => ../curltls
)
