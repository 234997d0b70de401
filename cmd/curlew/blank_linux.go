package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// blankArguments overwrites these texts in the process's arguments, which every
// user of the machine can list. Where the system does not let us they stay.
func blankArguments(secrets []string) {
	args, err := os.ReadFile("/proc/self/cmdline")
	at := argumentsAt()
	if err != nil || at == 0 || len(secrets) == 0 {
		return
	}
	memory, err := os.OpenFile("/proc/self/mem", os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer memory.Close()
	for arg := range bytes.SplitSeq(args, []byte{0}) {
		for _, secret := range secrets {
			if i := bytes.LastIndex(arg, []byte(secret)); i >= 0 && (i+len(secret) == len(arg) || strings.HasSuffix(secret, "@")) {
				memory.WriteAt(bytes.Repeat([]byte("*"), len(secret)), at+int64(i))
			}
		}
		at += int64(len(arg)) + 1
	}
}

// argumentsAt is where the process's arguments begin in its memory, 0 if that is
// not known: field 48 of /proc/self/stat.
func argumentsAt() int64 {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	_, fields, _ := strings.Cut(string(text[max(0, bytes.LastIndexByte(text, ')')):]), " ") // from the third on
	field := strings.Fields(fields)
	if len(field) < 46 {
		return 0
	}
	at, err := strconv.ParseInt(field[45], 10, 64)
	if err != nil {
		return 0
	}
	return at
}
