package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// onCores calls start on a thread that may run only on these cores. The processes
// that it starts inherit that.
func onCores(cores []int, start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var was, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &was); err != nil {
		return start()
	}
	for _, c := range cores {
		if was.IsSet(c) {
			set.Set(c)
		}
	}
	if set.Count() == len(cores) {
		unix.SchedSetaffinity(0, &set)
		defer unix.SchedSetaffinity(0, &was)
	}
	return start()
}

// field returns the number after name in a file of a process in /proc, 0 if
// there is none.
func field(pid int, file, name string) int64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	_, rest, _ := strings.Cut(string(data), name+":")
	line, _, _ := strings.Cut(rest, "\n")
	n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(line), " kB"), 10, 64)
	return n
}

func ioCounts() (reads, writes, read, written int64) {
	of := func(name string) int64 { return field(os.Getpid(), "io", name) }
	return of("syscr"), of("syscw"), of("rchar"), of("wchar")
}

// peakMemory and residentMemory are in bytes.
func peakMemory() int64            { return field(os.Getpid(), "status", "VmHWM") << 10 }
func residentMemory(pid int) int64 { return field(pid, "status", "VmRSS") << 10 }

func processor() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(data), "model name")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Trim(line, "\t :")
}
