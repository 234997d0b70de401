package main

import (
	"time"

	"golang.org/x/sys/windows"
)

func cpuTimes() (user, system time.Duration) {
	var created, ended, kernel, mine windows.Filetime
	if windows.GetProcessTimes(windows.CurrentProcess(), &created, &ended, &kernel, &mine) != nil {
		return 0, 0
	}
	return ticks(mine), ticks(kernel)
}

// ticks converts a duration in units of 100 ns to a Duration.
func ticks(f windows.Filetime) time.Duration {
	return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * 100
}
