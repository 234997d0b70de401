module github.com/curlew-ws/curlew

go 1.26.0
