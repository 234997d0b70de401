//go:build !linux

package main

func onCores(cores []int, start func() error) error { return start() }

func ioCounts() (reads, writes, read, written int64) { return 0, 0, 0, 0 }

func peakMemory() int64        { return 0 }
func residentMemory(int) int64 { return 0 }

func processor() string { return "a processor whose model is not known" }
