package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/curlew-ws/curlew/internal/wirescript"
)

// A block is the text of a case, or of several with tables.
type block struct {
	line   int // of its head
	head   string
	body   []string
	tables []table
}

// A table is the names and rows of an each line.
type table struct {
	names []string
	rows  []string
}

// parseCases reads a file of cases.
func parseCases(file, text string) ([]*Case, error) {
	blocks, section, err := parseBlocks(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	var all []*Case
	counts := map[string]int{}
	for _, b := range blocks {
		err := b.expand(counts, func(head string, body []string) error {
			c, err := parseCase(head, body)
			if err == nil {
				c.Section = section
				all = append(all, c)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", file, b.line, b.head, err)
		}
	}
	return all, nil
}

// parseBlocks splits a file into its blocks. Its errors begin with the line.
func parseBlocks(text string) (blocks []*block, section string, err error) {
	open := false // an each line continues
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		var b *block
		if len(blocks) > 0 {
			b = blocks[len(blocks)-1]
		}
		switch {
		case line == "" || line[0] == '#':
		case word == "section":
			_, section, _ = strings.Cut(rest, " ")
		case word == "case":
			blocks = append(blocks, &block{line: i + 1, head: strings.TrimSpace(rest)})
		case b == nil:
			return nil, "", fmt.Errorf("%d: expected a case before %q", i+1, line)
		case open:
			open = b.addRows(line)
		case word == "each":
			names, rows, ok := strings.Cut(rest, "=")
			if !ok {
				return nil, "", fmt.Errorf("%d: expected = after the names", i+1)
			}
			b.tables = append(b.tables, table{names: strings.Fields(names)})
			open = b.addRows(strings.TrimSpace(rows))
		default:
			b.body = append(b.body, line)
		}
	}
	return blocks, section, nil
}

// addRows adds the rows of a line to the last table, and reports whether they
// continue on the next line.
func (b *block) addRows(line string) (more bool) {
	t := &b.tables[len(b.tables)-1]
	line, more = strings.CutSuffix(line, ",")
	if line == "" {
		return true
	}
	for row := range strings.SplitSeq(line, ",") {
		t.rows = append(t.rows, strings.TrimSpace(row))
	}
	return more
}

// expand calls each for every combination of rows. counts holds the last {n}
// of every head.
func (b *block) expand(counts map[string]int, each func(head string, body []string) error) error {
	all, err := combinations(b.tables)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(b.head, " ")
	for _, values := range all {
		counts[id]++
		r := strings.NewReplacer(append(values, "{n}", strconv.Itoa(counts[id]))...)
		body := make([]string, len(b.body))
		for i, line := range b.body {
			body[i] = r.Replace(line)
		}
		if err := each(r.Replace(b.head), body); err != nil {
			return err
		}
	}
	return nil
}

// combinations returns, for every combination of rows, the names in braces and
// their values, alternating.
func combinations(tables []table) ([][]string, error) {
	all := [][]string{nil}
	for _, t := range tables {
		var longer [][]string
		for _, values := range all {
			for _, row := range t.rows {
				columns := strings.SplitN(row, " ", len(t.names))
				if len(columns) < len(t.names) {
					return nil, fmt.Errorf("expected %d values, got %q", len(t.names), row)
				}
				more := slices.Clone(values)
				for i, name := range t.names {
					more = append(more, "{"+name+"}", columns[i])
				}
				longer = append(longer, more)
			}
		}
		all = longer
	}
	return all, nil
}

// parseCase reads the head and the lines of one case.
func parseCase(head string, body []string) (*Case, error) {
	id, rest, _ := strings.Cut(head, " ")
	clause, title, ok := strings.Cut(rest, ":")
	c := &Case{ID: id, Clause: strings.TrimSpace(clause), Title: strings.TrimSpace(title)}
	if !ok || !strings.HasPrefix(c.Clause, "RFC ") || strings.ContainsAny(head, "{}") {
		return nil, fmt.Errorf("expected a number, a clause, a colon and a title, got %q", head)
	}
	p := parser{c: c, lines: body}
	steps, err := p.steps(false)
	if err != nil {
		return nil, err
	}
	c.end(steps)
	return c, nil
}

// end makes steps the steps of c, and adds an end if they have none.
func (c *Case) end(steps []step) {
	for i, s := range steps {
		if f, ok := s.(fail); ok {
			f.early = i < len(steps)-1
			steps[i], c.failing = f, f.codes
		}
	}
	if n := len(steps); n == 0 || !isEnd(steps[n-1]) {
		steps = append(steps, done{})
	}
	c.steps = steps
}

// A parser turns the lines of one case into steps.
type parser struct {
	c     *Case
	lines []string // still to be read
}

// steps reads lines; within a repeat, up to its end.
func (p *parser) steps(within bool) (steps []step, err error) {
	for len(p.lines) > 0 {
		words, err := wirescript.SplitWords(p.lines[0])
		line := p.lines[0]
		p.lines = p.lines[1:]
		if err == nil && words[0] == "end" && within {
			return steps, wirescript.None(words[1:])
		}
		var s step
		if err == nil {
			s, err = p.step(words[0], words[1:])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		if s != nil {
			steps = append(steps, s)
		}
	}
	if within {
		return nil, errors.New("expected the end of repeat")
	}
	return steps, nil
}

// step reads one line; the lines before the steps give nil.
func (p *parser) step(verb string, words []string) (step, error) {
	switch verb {
	case "large":
		p.c.large = true
		return nil, wirescript.None(words)
	case "deflate":
		return nil, p.deflate(words)
	case "split":
		return parseSplit(words)
	case "send":
		f, err := parseFrame(words, true)
		return send{f}, err
	case "payload":
		b, err := grammar.Items(words)
		return payload{b}, err
	case "echo":
		return echo{}, wirescript.None(words)
	case "expect":
		return parseExpect(words)
	case "may":
		if !slices.Equal(words, []string{"echo"}) {
			return nil, errors.New("expected may echo")
		}
		return mayEcho{}, nil
	case "wait":
		return wait{}, wirescript.None(words)
	case "repeat":
		n, err := wirescript.Number(words)
		if err != nil {
			return nil, err
		}
		steps, err := p.steps(true)
		return repeat{n, steps}, err
	case "done":
		return done{}, wirescript.None(words)
	case "closed":
		codes, err := parseCodes(words)
		return closed{codes}, err
	case "fail":
		return parseFail(words, false)
	case "should":
		if len(words) == 0 || words[0] != "fail" {
			return nil, errors.New("expected should fail")
		}
		return parseFail(words[1:], true)
	}
	return nil, fmt.Errorf("expected a step, got %q", verb)
}

// deflate reads rules separated by /.
func (p *parser) deflate(words []string) error {
	for rule := range strings.SplitSeq(strings.Join(words, " "), "/") {
		d, err := parseRule(strings.Fields(rule))
		if err != nil {
			return err
		}
		p.c.offers = append(p.c.offers, d)
	}
	return nil
}

func parseRule(words []string) (parameters, error) {
	d := parameters{hint: true}
	for _, w := range words {
		name, bits, _ := strings.Cut(w, "=")
		switch n, err := strconv.Atoi(bits); {
		case w == "any":
		case w == "plain":
			d.hint = false
		case w == "no_context_takeover":
			d.noTakeover = true
		case name == "max_window_bits" && err == nil && n >= 8 && n <= 15:
			d.bits = n
		case name == "own_max_window_bits" && err == nil && n >= 8 && n <= 15:
			d.own = n
		default:
			return d, fmt.Errorf("expected plain, any, no_context_takeover, max_window_bits=8 to 15 or own_max_window_bits, got %q", w)
		}
	}
	return d, nil
}

func parseSplit(words []string) (step, error) {
	if slices.Equal(words, []string{"frames"}) {
		return split{byFrame}, nil
	}
	n, err := wirescript.Number(words)
	return split{n}, err
}

func parseExpect(words []string) (step, error) {
	f, err := parseFrame(words, false)
	if err != nil {
		return nil, err
	}
	return expect{f}, nil
}

func parseFail(words []string, soft bool) (step, error) {
	codes, err := parseCodes(words)
	if err == nil && codes == nil {
		err = errors.New("expected the close codes of a failure")
	}
	return fail{codes: codes, soft: soft}, err
}

// parseCodes reads close codes; nil means any.
func parseCodes(words []string) (codes []int, err error) {
	if slices.Equal(words, []string{"any"}) {
		return nil, nil
	}
	for _, w := range words {
		n, err := wirescript.Number([]string{w})
		if err != nil {
			return nil, err
		}
		codes = append(codes, n)
	}
	if codes == nil {
		return nil, errors.New("expected close codes, or any")
	}
	return codes, nil
}
