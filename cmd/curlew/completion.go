package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// shells are those with completion.
const shells = "bash zsh fish powershell"

// completion writes the completion script of a shell.
func completion(s std, args []string) error {
	write := map[string]func(io.Writer) error{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion, "powershell": powershellCompletion}
	if len(args) != 1 || write[args[0]] == nil {
		return usagef("expected curlew completion with bash, zsh, fish or powershell")
	}
	return written(write[args[0]](s.out))
}

// choices are the values that the option may have, nil if they are without number.
func (o *option) choices() []string {
	switch o.name {
	case "framing":
		return framings()
	case "framing-in":
		return inFramings
	case "framing-out":
		return outFramings
	case "tls-max":
		return slices.Sorted(maps.Keys(tlsVersions))
	case "help":
		return strings.Split(groupNames()+", all", ", ")
	}
	return nil
}

// takesFile reports whether the option's value is, or may be, a file's name.
func (o *option) takesFile() bool {
	for _, word := range []string{"file", "dir", "path"} {
		if strings.Contains(o.arg, word) {
			return true
		}
	}
	return false
}

// takesValue reports whether the option's value is the next argument.
func (o *option) takesValue() bool { return o.arg != "" && !o.optional() }

// flags are the options' names, as they are written, of those that are chosen.
func flags(chosen func(*option) bool) []string {
	var names []string
	for i := range options {
		o := &options[i]
		if !chosen(o) {
			continue
		}
		names = append(names, "--"+o.name)
		if o.short != 0 {
			names = append(names, "-"+string(o.short))
		}
	}
	slices.Sort(names)
	return names
}

func bashCompletion(w io.Writer) error {
	files := flags((*option).takesFile)
	values := flags(func(o *option) bool { return o.takesValue() && !o.takesFile() && o.choices() == nil })
	var chosen strings.Builder
	for _, o := range options {
		if choices := o.choices(); choices != nil {
			fmt.Fprintf(&chosen, "	%s)\n		COMPREPLY=($(compgen -W '%s' -- \"$word\"))\n		return\n		;;\n", strings.Join(o.spellings(), " | "), strings.Join(choices, " "))
		}
	}
	_, err := fmt.Fprintf(w, `# Completion of curlew for bash: source <(curlew completion bash)
_curlew() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	if [ "$word" = = ]; then # --name=value is three words
		word=
	elif [ "$before" = = ]; then
		before=${COMP_WORDS[COMP_CWORD-2]}
	fi
	case $before in
	%s)
		COMPREPLY=($(compgen -f -- "$word"))
		return
		;;
%s	completion)
		COMPREPLY=($(compgen -W '%s' -- "$word"))
		return
		;;
	%s)
		return
		;;
	esac
	case $word in
	-*) COMPREPLY=($(compgen -W '%s' -- "$word")) ;;
	*) [ "$COMP_CWORD" -ne 1 ] || COMPREPLY=($(compgen -W '%s' -- "$word")) ;;
	esac
}
complete -o default -F _curlew curlew
`, strings.Join(files, " | "), chosen.String(), shells, strings.Join(values, " | "),
		strings.Join(flags(func(*option) bool { return true }), " "), strings.Join(commandNames(), " "))
	return err
}

func zshCompletion(w io.Writer) error {
	var b strings.Builder
	b.WriteString("#compdef curlew\n# Completion of curlew for zsh: source <(curlew completion zsh), or a file _curlew in $fpath with it\n_curlew() {\n_arguments -s -S \\\n")
	quote := strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`)
	for _, o := range options {
		value := ""
		switch {
		case o.choices() != nil:
			value = ":" + quote.Replace(o.arg) + ":(" + strings.Join(o.choices(), " ") + ")"
		case o.takesFile():
			value = ":" + quote.Replace(o.arg) + ":_files"
		case o.takesValue():
			value = ":" + quote.Replace(o.arg) + ":"
		}
		for _, flag := range o.spellings() {
			fmt.Fprintf(&b, "  '*%s[%s]%s' \\\n", flag, quote.Replace(o.help), value)
		}
	}
	fmt.Fprintf(&b, "  '1:command or URL:(%s)' \\\n  '*:URL:_urls'\n}\n", strings.Join(commandNames(), " "))
	b.WriteString("if [ \"$funcstack[1]\" = _curlew ]; then _curlew \"$@\"; else compdef _curlew curlew; fi\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// spellings are the option's long and short form.
func (o *option) spellings() []string {
	if o.short == 0 {
		return []string{"--" + o.name}
	}
	return []string{"--" + o.name, "-" + string(o.short)}
}

func fishCompletion(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Completion of curlew for fish: curlew completion fish > ~/.config/fish/completions/curlew.fish\n")
	quote := strings.NewReplacer(`\`, `\\`, "'", `\'`)
	fmt.Fprintf(&b, "complete -c curlew -f\ncomplete -c curlew -n '__fish_seen_subcommand_from completion' -a '%s'\n", shells)
	fmt.Fprintf(&b, "complete -c curlew -n __fish_is_first_arg -a '%s'\n", strings.Join(commandNames(), " "))
	for _, o := range options {
		fmt.Fprintf(&b, "complete -c curlew -l %s", o.name)
		if o.short != 0 {
			fmt.Fprintf(&b, " -s '%s'", quote.Replace(string(o.short)))
		}
		switch {
		case o.choices() != nil:
			fmt.Fprintf(&b, " -x -a '%s'", strings.Join(o.choices(), " "))
		case o.takesFile():
			b.WriteString(" -r -F")
		case o.takesValue():
			b.WriteString(" -x")
		}
		fmt.Fprintf(&b, " -d '%s'\n", quote.Replace(o.help))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func powershellCompletion(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Completion of curlew for PowerShell: curlew completion powershell | Out-String | Invoke-Expression\nRegister-ArgumentCompleter -Native -CommandName curlew -ScriptBlock {\n\tparam($word, $ast, $position)\n\t@(\n")
	quote := strings.NewReplacer("'", "''")
	for _, name := range commandNames() {
		fmt.Fprintf(&b, "\t\t,@('%s', 'command')\n", name)
	}
	for _, o := range options {
		for _, flag := range o.spellings() {
			fmt.Fprintf(&b, "\t\t,@('%s', '%s')\n", flag, quote.Replace(o.help))
		}
	}
	b.WriteString("\t) | Where-Object { $_[0] -clike \"$word*\" } | ForEach-Object {\n\t\t[System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterName', $_[1])\n\t}\n}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// framings are the values of the options for framing.
func framings() []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(inFramings, outFramings))))
}
