package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// cores says where client and server run. What sends shares a core with the
// server: else most of what is measured is how long an idle core takes to wake.
func (w *workload) cores() (client, server []int) {
	switch {
	case w.Crowd > 1:
		return []int{0, 1}, []int{0, 1}
	case w.Kind&(receive|sink|inflate|idle) != 0:
		return []int{0}, []int{1}
	}
	return []int{0}, []int{0}
}

// measure measures all chosen peers on the workloads, round by round.
func measure(o *options, chosen []workload) (results, error) {
	var all results
	absent := map[string]bool{}
	for i, w := range chosen {
		host, stop, err := startServer(&w)
		if err != nil {
			return nil, err
		}
		for round := range o.rounds {
			fmt.Fprintf(os.Stderr, "%s (%d of %d), round %d of %d\n", w.Name, i+1, len(chosen), round+1, o.rounds)
			for _, p := range peers {
				if p.does&w.Kind == 0 || absent[p.name] || !selected(o.peers, p.name) || !w.draws(p) {
					continue
				}
				r, err := startClient(o, cell{Peer: p.name, Workload: w, Host: host, Time: o.time}, round)
				switch {
				case errors.Is(err, errAbsent):
					absent[p.name] = true
					fmt.Fprintf(os.Stderr, "skipped: %s: %v\n", p.name, err)
				case err != nil:
					fmt.Fprintf(os.Stderr, "%s on %s: %v\n", p.name, w.Name, err)
					all = append(all, result{Peer: p.name, Workload: w.Name, Failure: err.Error()})
				default:
					all = append(all, r)
				}
			}
		}
		stop()
	}
	return all, nil
}

// startServer starts the server of a workload.
func startServer(w *workload) (host string, stop func(), err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), roleVariable+"=server"), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	_, cores := w.cores()
	if err := onCores(cores, cmd.Start); err != nil {
		return "", nil, err
	}
	host, err = bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(host), func() { in.Close(); cmd.Wait() }, err
}

// clientTime is what a client has in addition to its time before it is given up.
const clientTime = 2 * time.Minute

// startClient measures one cell.
func startClient(o *options, c cell, round int) (r result, err error) {
	if o.profile != "" && round == 0 {
		c.Profile = filepath.Join(o.profile, c.Workload.Name+"-"+c.Peer+".pprof")
	}
	told, err := json.Marshal(c)
	if err != nil {
		return r, err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"=client", cellVariable+"="+string(told))
	var out, complaint strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cores, _ := c.Workload.cores()
	if err := onCores(cores, cmd.Start); err != nil {
		return r, err
	}
	late := time.AfterFunc(c.Time+clientTime, func() { cmd.Process.Kill() })
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		if text := strings.TrimSpace(complaint.String()); strings.HasPrefix(text, errAbsent.Error()) {
			return r, fmt.Errorf("%w%s", errAbsent, strings.TrimPrefix(text, errAbsent.Error()))
		}
		return r, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return r, json.NewDecoder(io.Reader(strings.NewReader(out.String()))).Decode(&r)
}
