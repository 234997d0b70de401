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

// A measurement is what measure does.
type measurement struct {
	*options
	progress *progress
	absent   map[string]bool // peers that are not installed
	all      results
}

// measure measures the peers on the workloads, round by round.
func measure(o *options, ws []workload) (results, error) {
	r := measurement{options: o, progress: newProgress(), absent: map[string]bool{}}
	defer r.progress.end()
	for i := range ws {
		if err := r.workload(&ws[i], i+1, len(ws)); err != nil {
			return nil, err
		}
	}
	return r.all, nil
}

// workload measures one of n workloads; where a goal lies inside the noise,
// those who decide it for more rounds.
func (r *measurement) workload(w *workload, i, n int) error {
	host, stop, err := startServer(w)
	if err != nil {
		return err
	}
	defer stop()
	for round := range r.rounds {
		r.progress.round(w, i, n, round+1, r.rounds)
		r.round(w, host, round, func(p peer) bool { return selected(r.peers, p.name) && w.draws(p) })
	}
	close := w.close(r.all)
	if w.Curve != "" || len(close) == 0 {
		return nil
	}
	for round := r.rounds; round < r.rounds+r.more; round++ {
		r.progress.round(w, i, n, round+1, r.rounds+r.more)
		r.round(w, host, round, func(p peer) bool { return close[p.name] })
	}
	return nil
}

// round measures those peers that are wanted, one after the other.
func (r *measurement) round(w *workload, host string, round int, wanted func(peer) bool) {
	for _, p := range peers {
		if p.does&w.Kind == 0 || r.absent[p.name] || !wanted(p) {
			continue
		}
		r.progress.peer(p.name)
		one, err := startClient(r.options, cell{Peer: p.name, Workload: *w, Host: host, Time: r.time}, round)
		switch {
		case errors.Is(err, errAbsent):
			r.absent[p.name] = true
			r.progress.say("skipped: %s: %v", p.name, err)
		case err != nil:
			r.progress.say("%s on %s: %v", p.name, w.Name, err)
			r.all = append(r.all, result{Peer: p.name, Workload: w.Name, Failure: err.Error()})
		default:
			r.all = append(r.all, one)
		}
	}
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
