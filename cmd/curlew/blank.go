package main

import (
	"slices"
	"strings"

	"github.com/curlew-ws/curlew/internal/handshake"
)

// secretOptions are those whose values are secrets.
var secretOptions = []string{"user", "proxy-user", "oauth2-bearer", "pass", "proxy-pass"}

// blank overwrites the secrets of the command line in the list of processes.
func (c *config) blank() {
	var secrets []string
	for _, v := range c.values {
		secrets = append(secrets, secretIn(v.option, v.value))
	}
	for _, u := range c.urls {
		secrets = append(secrets, passwordIn(u))
	}
	blankArguments(slices.DeleteFunc(secrets, func(s string) bool { return s == "" }))
}

// secretIn is what is secret of an option's value, "" if nothing is.
func secretIn(option, value string) string {
	switch option {
	case "cookie":
		if strings.Contains(value, "=") {
			return value
		}
	case "header", "proxy-header":
		if name, field, _ := strings.Cut(value, ":"); handshake.Secret(name, field) {
			return value
		}
	case "cert", "proxy-cert":
		if i := strings.LastIndexByte(value, ':'); i > 1 {
			return value[i+1:]
		}
	}
	if slices.Contains(secretOptions, option) {
		return value
	}
	return passwordIn(value)
}

// passwordIn is the password of a URL with the @ behind it, "" if it has none.
func passwordIn(url string) string {
	_, rest, found := strings.Cut(url, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	user := rest[:strings.LastIndexByte(rest, '@')+1]
	if _, password, ok := strings.Cut(user, ":"); found && ok {
		return password
	}
	return ""
}
