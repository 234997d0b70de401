// Package curlew is libcurl's WebSocket interface, made for Go.
package curlew
