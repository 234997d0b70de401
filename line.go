package curlew

import "slices"

// maxOvertaken is how many writes of others who has a data frame to send, or
// waits in Cork or NextWriter, lets pass before it stands in line. As long as
// nobody does, whoever finds room takes it: that is several times faster than one
// after the other.
const maxOvertaken = 16

// A line is where those wait, in the order in which they came, who were
// overtaken too often, so that none is for ever by frames that are shorter: all
// others wait until the line is gone. Control frames pass it, and so does what
// is part of a message or batch that is open, for which those in line wait anyhow.
type line struct {
	last    uint64 // number that was given out
	waiting []uint64
}

// first reports whether number is that of the first in line, or, for those who
// have none yet, 0, whether nobody is.
func (l *line) first(number uint64) bool {
	return l == nil || len(l.waiting) == 0 || l.waiting[0] == number
}

// join returns the number of the next in line, or number if there is one.
func (l *line) join(number uint64) uint64 {
	if number == 0 {
		l.last++
		number = l.last
		l.waiting = append(l.waiting, number)
	}
	return number
}

// leave takes number out of the line, wherever it stands.
func (l *line) leave(number uint64) {
	if i := slices.Index(l.waiting, number); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
}

// inLine reports whether who has to wait for the line with a frame of flags f,
// while nobody has a batch open: the encoder is not ours to look at then.
func (s *sender) inLine(f Flags, who caller) bool {
	return f&control == 0 && (who == byMessage || who == byChunk) && !s.enc.Message()
}
