package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/curlew-ws/curlew"
)

// A consoleCommand is what a line that begins with / does.
type consoleCommand struct {
	args, help string
	do         func(k *console, ctx context.Context, arg string) error
}

var consoleCommands map[string]consoleCommand

func init() { // and not above, since /help lists them
	consoleCommands = map[string]consoleCommand{
		"ping":     {"[TEXT]", "send a PING and show how long its PONG takes", (*console).cmdPing},
		"close":    {"[CODE [REASON]]", "close the session, with 1000 if no code is given", (*console).cmdClose},
		"text":     {"TEXT", "send a TEXT message", (*console).cmdText},
		"binary":   {"FILE", "send a file as a BINARY message", (*console).cmdBinary},
		"send":     {"FILE", "send a file as a TEXT message, or with --binary as a BINARY one", (*console).cmdSend},
		"fragment": {"TEXT", "send a fragment; the next message is the last one of it", (*console).cmdFragment},
		"resend":   {"", "send the last message again", (*console).cmdResend},
		"pause":    {"", "stop receiving; again: go on", (*console).cmdPause},
		"info":     {"", "show what is known of the session", (*console).cmdInfo},
		"help":     {"", "show this", (*console).cmdHelp},
	}
}

func (k *console) cmdPing(ctx context.Context, arg string) error {
	if arg == "" {
		k.mu.Lock()
		arg = fmt.Sprintf("curlew %d", len(k.pings)+1)
		k.mu.Unlock()
	}
	k.mu.Lock()
	k.pings[arg] = true
	k.mu.Unlock()
	return k.s.conn.Send(curlew.Ping, []byte(arg))
}

// A closeRequest ends the session by the user's code and reason.
type closeRequest struct {
	code   int
	reason string
}

func (*closeRequest) Error() string { return "closed" }

func (k *console) cmdClose(ctx context.Context, arg string) error {
	code, reason, _ := strings.Cut(arg, " ")
	request := &closeRequest{code: curlew.CloseNormal, reason: reason}
	if code != "" {
		var err error
		if request.code, err = strconv.Atoi(code); err != nil || request.code < 1000 || request.code > 4999 {
			return usagef("expected a code from 1000 to 4999, got %q", code)
		}
		if _, _, err := curlew.ParseClose(curlew.AppendClose(nil, request.code, reason)); err != nil {
			return usagef("%v", err)
		}
	}
	return request
}

func (k *console) cmdText(ctx context.Context, arg string) error {
	return k.send(ctx, curlew.Text, []byte(arg))
}

func (k *console) cmdBinary(ctx context.Context, arg string) error {
	return k.sendFile(ctx, curlew.Binary, arg)
}

func (k *console) cmdSend(ctx context.Context, arg string) error {
	return k.sendFile(ctx, k.s.c.messageType(), arg)
}

func (k *console) sendFile(ctx context.Context, f curlew.Flags, name string) error {
	if k.fragment != 0 {
		return usagef("the message that /fragment began is to be ended first")
	}
	file, err := os.Open(name)
	if err != nil {
		return &failure{codeRead, err}
	}
	defer file.Close()
	err = k.s.sendStream(ctx, f, file)
	k.count(&k.sent, err)
	return err
}

func (k *console) cmdFragment(ctx context.Context, arg string) error {
	if k.fragment == 0 {
		k.fragment = curlew.Text
	}
	return k.s.conn.Send(k.fragment|curlew.Cont, []byte(arg))
}

func (k *console) cmdResend(ctx context.Context, arg string) error {
	if k.lastType == 0 {
		return usagef("no message was sent yet")
	}
	return k.send(ctx, k.lastType, k.last)
}

func (k *console) cmdPause(ctx context.Context, arg string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.resumed != nil {
		close(k.resumed)
		k.resumed = nil
		return nil
	}
	k.resumed = make(chan struct{})
	return nil
}

func (k *console) cmdInfo(ctx context.Context, arg string) error {
	conn, t := k.s.conn, k.s.tally.now()
	k.say("from %v to %v, open for %v", conn.LocalAddr(), conn.RemoteAddr(), time.Since(t.start).Round(time.Second))
	if name := conn.Subprotocol(); name != "" {
		k.say("subprotocol %q", name)
	}
	if extensions := conn.Response().Header.Get("Sec-WebSocket-Extensions"); extensions != "" {
		k.say("extensions %q", extensions)
	}
	k.mu.Lock()
	sent, received := k.sent, k.received
	k.mu.Unlock()
	k.say("%s sent, %d received", amount(int64(sent), "message"), received)
	if t.rtt > 0 {
		k.say("last PONG after %v", shortly(t.rtt))
	}
	return nil
}

func (k *console) cmdHelp(ctx context.Context, arg string) error {
	for _, name := range commandList() {
		c := consoleCommands[name]
		k.say("%-24s %s", strings.TrimSpace("/"+name+" "+c.args), c.help)
	}
	k.say("%-24s %s", `LINE\, Alt-Enter`, "the message goes on in the next line")
	k.say("%-24s %s", "//LINE", "a message that begins with /")
	k.say("%-24s %s", "Tab, Ctrl-R", "complete a command; search the history")
	k.say("%-24s %s", "Ctrl-C, Ctrl-D", "close the session")
	return nil
}

func commandList() []string {
	var names []string
	for name := range consoleCommands {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// completeCommand completes a command's name, or the file that it takes.
func completeCommand(head string) string {
	if !strings.HasPrefix(head, "/") {
		return head
	}
	var choices []string
	if name, arg, isArg := strings.Cut(head[1:], " "); isArg {
		if consoleCommands[name].args != "FILE" {
			return head
		}
		choices, _ = filepath.Glob(arg + "*")
		for i := range choices {
			choices[i] = "/" + name + " " + choices[i]
		}
	} else {
		for _, name := range commandList() {
			if name = "/" + name; strings.HasPrefix(name, head) {
				choices = append(choices, name+" ")
			}
		}
	}
	if len(choices) == 0 {
		return head
	}
	common := choices[0]
	for _, choice := range choices {
		for !strings.HasPrefix(choice, common) {
			common = common[:len(common)-1]
		}
	}
	return common
}
