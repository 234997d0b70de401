module github.com/curlew-ws/curlew/interop

go 1.26.0

require github.com/curlew-ws/curlew v0.0.0

replace github.com/curlew-ws/curlew => ../
