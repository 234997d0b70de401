package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// cores returns the cores for client and server. A sending client shares a core with
// the server: otherwise most of what is measured is how long an idle core takes to
// wake.
func (w *workload) cores() (client, server []int) {
	switch {
	case w.Crowd > 1:
		return []int{0, 1}, []int{0, 1}
	case w.Kind&(receive|feed|sink|inflate|idles) != 0:
		return []int{0}, []int{1}
	}
	return []int{0}, []int{0}
}

// A measurement is the state of measure.
type measurement struct {
	*options
	progress *progress
	absent   map[string]bool // peers that are not installed
	programs *programs       // of the clients; nil: this program
	all      results
}

// measure measures the peers on the workloads, round by round.
func measure(o *options, ws []workload) (results, error) {
	programs, err := newPrograms()
	if err != nil {
		return nil, err
	}
	defer programs.remove()
	r := measurement{options: o, progress: newProgress(), absent: map[string]bool{}, programs: programs}
	defer r.progress.end()
	for i := range ws {
		if err := r.workload(&ws[i], i+1, len(ws)); err != nil {
			return nil, err
		}
	}
	return r.all, nil
}

// workload measures one of n workloads. If a goal is within the noise, the peers that
// decide it get more rounds.
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

// round measures the wanted peers, one after the other.
func (r *measurement) round(w *workload, host string, round int, wanted func(peer) bool) {
	for _, p := range peers {
		if p.does&w.Kind == 0 || r.absent[p.name] || !wanted(p) {
			continue
		}
		r.progress.peer(p.name)
		one, err := r.cell(cell{Peer: p.name, Workload: *w, Host: host, Time: r.time}, round)
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

// cell measures a peer on a workload, once. In the first round the peer must first
// prove that it does what will be counted.
func (r *measurement) cell(c cell, round int) (one result, err error) {
	program, err := r.programs.of(peerNamed(c.Peer))
	if err != nil {
		return one, err
	}
	if round == 0 {
		if r.profile != "" {
			c.Profile = filepath.Join(r.profile, c.Workload.Name+"-"+c.Peer+".pprof")
		}
		proof := c
		proof.Proof = true
		if _, err := startClient(program, proof); errors.Is(err, errAbsent) {
			return one, err
		} else if err != nil {
			return one, fmt.Errorf("its proof failed: %w", err)
		}
	}
	answer, err := startClient(program, c)
	if err != nil {
		return one, err
	}
	if err := json.Unmarshal(answer, &one); err != nil {
		return one, err
	}
	return one, one.plausible(&c.Workload)
}

// slack is how many bytes of counted messages may have been read before the
// measurement, or still be unwritten.
const slack = 1 << 20

// plausible checks a result against the bytes that the system has moved, where it
// counts them. They must not be fewer than those of the messages.
func (r *result) plausible(w *workload) error {
	least := float64(r.Messages) * float64(w.Size)
	for _, c := range []struct {
		kinds kind
		what  string
		moved float64
	}{
		{receive | feed | echo, "read", r.Received},
		{send | cork | echo, "written", r.Wire},
	} {
		if moved := c.moved * float64(r.Messages); w.Kind&c.kinds != 0 && moved > 0 && moved+slack+float64(w.Size) < least {
			return fmt.Errorf("%.0f bytes were %s, expected at least %.0f for %d messages", moved, c.what, least, r.Messages)
		}
	}
	return nil
}

// Limits after which a client is killed: time, in addition to that of its cell, and
// memory.
const clientTime, clientMemory = 2 * time.Minute, 4 << 30

// startClient starts a client that measures or proves a cell.
func startClient(program string, c cell) (answer []byte, err error) {
	input, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), roleVariable+"=client", cellVariable+"="+string(input))
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cores, _ := c.Workload.cores()
	if err := onCores(cores, cmd.Start); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	guarded := guard(cmd.Process, done, c.Time+clientTime)
	err = cmd.Wait()
	close(done)
	if why := <-guarded; why != nil {
		return nil, why
	}
	if err != nil {
		text := strings.TrimSpace(complaint.String())
		if rest, ok := strings.CutPrefix(text, errAbsent.Error()); ok {
			return nil, fmt.Errorf("%w%s", errAbsent, rest)
		}
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	return out.Bytes(), nil
}

// guard kills a process that takes too long or too much memory, and then sends why.
func guard(p *os.Process, done <-chan struct{}, limit time.Duration) <-chan error {
	why := make(chan error, 1)
	go func() {
		defer close(why)
		late, look := time.After(limit), time.NewTicker(50*time.Millisecond)
		defer look.Stop()
		for {
			select {
			case <-done:
				return
			case <-late:
				why <- fmt.Errorf("it took longer than %v", limit)
			case <-look.C:
				if residentMemory(p.Pid) <= clientMemory {
					continue
				}
				why <- fmt.Errorf("it took more than %d GiB of memory", clientMemory>>30)
			}
			p.Kill()
			return
		}
	}()
	return why
}
