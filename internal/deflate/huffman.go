package deflate

import "math/bits"

// An alphabet is a set of symbols: how often each is used, and its code.
type alphabet struct {
	count [maxCodes]uint32
	lens  [maxCodes]uint8
	codes [maxCodes]prefix
	size  int // of all symbols with the code, in bits
}

// A prefix is a code as it is put out, the first bit lowest, and from bit 16 its
// length.
type prefix uint32

func (p prefix) bits() uint64 { return uint64(uint16(p)) }
func (p prefix) len() uint    { return uint(p >> 16) }

// assign gives the symbols the canonical code of their lengths, RFC 1951 section
// 3.2.2. There are count[l] codes of length l.
func (a *alphabet) assign(symbols []uint32, count *depths) {
	var next [maxBits + 1]uint16
	for l := 1; l < len(next); l++ {
		next[l] = (next[l-1] + uint16(count[l-1])) << 1
	}
	a.size = 0
	for _, v := range symbols {
		i := v & symbolMask
		l := a.lens[i] & 15
		a.codes[i] = prefix(bits.Reverse16(next[l])>>((16-l)&15)) | prefix(l)<<16
		next[l]++
		a.size += int(v>>symbolBits) * int(l)
	}
}

// A weighed symbol has its count from bit 9 on.
const (
	symbolBits = 9
	symbolMask = 1<<symbolBits - 1
)

// depths says how many codes there are of each length.
type depths [maxCodes]int32

// A builder finds code lengths.
type builder struct {
	used   [maxCodes]uint32 // weighed symbols
	sorted [maxCodes]uint32 // the same, the rarest first
	tree   [maxCodes]uint32
}

// build gives a's first n symbols a Huffman code of at most limit bits, and
// returns how many symbols there are up to the last that has one. At least two
// have, for some inflaters want a complete code.
func (t *builder) build(a *alphabet, n, limit int) int {
	used := t.list(a.count[:n])
	if used < 2 {
		a.count[0], a.count[1] = max(a.count[0], 1), max(a.count[1], 1)
		used = t.list(a.count[:n])
	}
	t.sort(used)
	var count depths
	t.measure(&count, used)
	count.limit(limit)
	clear(a.lens[:])
	next := 0
	for l := limit; l > 0; l-- {
		for range count[l] {
			a.lens[t.sorted[next]&symbolMask] = uint8(l)
			next++
		}
	}
	a.assign(t.used[:used], &count)
	return int(t.used[used-1]&symbolMask) + 1
}

// list lists the symbols in use.
func (t *builder) list(count []uint32) (used int) {
	for i, c := range count {
		t.used[used] = c<<symbolBits | uint32(i)
		if c != 0 {
			used++
		}
	}
	return used
}

// sort sorts the symbols by count: those below the last bucket by counting, the
// few others by insertion.
func (t *builder) sort(used int) {
	const last = 63
	var at [last + 2]int32
	for _, v := range t.used[:used] {
		at[min(v>>symbolBits, last)+1]++
	}
	for i := 1; i < len(at); i++ {
		at[i] += at[i-1]
	}
	many := at[last]
	for _, v := range t.used[:used] {
		bucket := min(v>>symbolBits, last)
		t.sorted[at[bucket]] = v
		at[bucket]++
	}
	insertionSort(t.sorted[many:used])
}

func insertionSort(s []uint32) {
	for i := 1; i < len(s); i++ {
		v, j := s[i], i
		for ; j > 0 && s[j-1] > v; j-- {
			s[j] = s[j-1]
		}
		s[j] = v
	}
}

// measure counts the codes of each length that a Huffman code of the n sorted
// symbols has, by the method of Moffat and Katajainen: tree[i] is first the
// weight of a symbol or node, then the node's parent, then its depth.
func (t *builder) measure(count *depths, n int) {
	a := t.tree[:n]
	for i := range a {
		a[i] = t.sorted[i] >> symbolBits
	}
	leaf, root := 0, 0
	for next := range n - 1 {
		weight := uint32(0)
		for range 2 {
			if leaf >= n || root < next && a[root] < a[leaf] {
				weight += a[root]
				a[root] = uint32(next)
				root++
			} else {
				weight += a[leaf]
				leaf++
			}
		}
		a[next] = weight
	}
	a[n-2] = 0
	for i := n - 3; i >= 0; i-- {
		a[i] = a[a[i]] + 1
	}
	free := int32(1)
	for i, depth := n-2, 0; free > 0; depth++ {
		inner := int32(0)
		for ; i >= 0 && a[i] == uint32(depth); i-- {
			inner++
		}
		count[depth] = free - inner
		free = 2 * inner
	}
}

// limit makes codes longer than limit as short as that, and others longer
// until there is such a code again.
func (count *depths) limit(limit int) {
	sum := int32(0)
	for l := maxCodes - 1; l > limit; l-- {
		count[limit] += count[l]
		count[l] = 0
	}
	for l := 1; l <= limit; l++ {
		sum += count[l] << (limit - l)
	}
	for ; sum > 1<<limit; sum-- {
		l := limit - 1
		for count[l] == 0 {
			l--
		}
		count[l]--
		count[l+1] += 2
		count[limit]--
	}
}
