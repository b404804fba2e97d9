package phone

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDigits is how many digits are looked at. The longest number has fifteen;
// the rest is room for international and trunk prefixes.
const maxDigits = 24

// reading holds the digits of an input and what their punctuation says.
type reading struct {
	plus   bool
	digits string
	breaks uint32 // bit i: a separator stands before digit i
	xx     bool   // a carrier code was written as "xx", see placeholder
}

// brokenAt reports whether a separator stands before digit i.
func (r reading) brokenAt(i int) bool { return r.breaks>>i&1 != 0 }

// brokenWithin reports whether a separator stands between digits first and end-1.
func (r reading) brokenWithin(first, end int) bool {
	for i := first + 1; i < end; i++ {
		if r.brokenAt(i) {
			return true
		}
	}
	return false
}

// loneZeroAt reports whether digit i is a zero with separators on both sides, as in
// "+39 (0) 393".
func (r reading) loneZeroAt(i int) bool {
	return i < len(r.digits) && r.digits[i] == '0' && r.brokenAt(i) && r.brokenAt(i+1)
}

// from returns the reading without its first n digits.
func (r reading) from(n int) reading {
	return reading{plus: true, digits: r.digits[n:], breaks: r.breaks >> n}
}

// read takes the digits out of what a person typed. It replaces the library's own
// reader, which takes letters for digits, drops extensions without an error and
// ignores the end of an input. The library only gets digits.
func read(input string) (reading, Reason) {
	d := digitReader{}
	for i := 0; i < len(input); {
		r, size := utf8.DecodeRuneInString(input[i:])
		if kind, value := classify(r); kind == letter {
			skip := d.placeholder(input[i:])
			if skip == 0 {
				return d.out, reasonForWord(input[:i], input[i:], d.n > 0)
			}
			size = skip
		} else if reason := d.take(kind, value); reason != "" {
			return d.out, reason
		}
		i += size
	}
	return d.finish()
}

// digitReader is the state of [read].
type digitReader struct {
	out      reading
	buffer   [maxDigits]byte
	n        int
	overflow bool
	divided  bool   // a divider came after the first digit
	stray    bool   // a plus came after the first digit
	first    string // the calling code that stood before a second plus
}

// take adds one character that is not a letter.
func (d *digitReader) take(kind class, value byte) Reason {
	switch kind {
	case digit:
		switch {
		case d.divided || d.stray:
			return ReasonTwoNumbers
		case d.n == maxDigits:
			d.overflow = true
		default:
			d.buffer[d.n] = '0' + value
			d.n++
		}
	case plus:
		if d.n > 0 && d.out.plus && !d.stray && isCallingCode(d.buffer[:d.n]) { // "+49 +49 171 …"
			d.first = string(d.buffer[:d.n])
			d.n, d.out.breaks = 0, 0
			break
		}
		d.out.plus = d.out.plus || d.n == 0
		d.stray = d.n > 0
	case separator:
		d.out.breaks |= 1 << d.n
	case divider:
		d.divided = d.divided || d.n > 0
	case slash:
		d.out.breaks |= 1 << d.n
		d.divided = d.divided || slashDivides(d.out.plus, d.buffer[:d.n])
	case hash:
		if d.n > 0 {
			return ReasonExtension
		}
		return ReasonNotDigits
	case mask:
		return ReasonMasked
	default:
		return ReasonNotDigits
	}
	return ""
}

// placeholder returns the length of the "xx" that stands for a carrier code in
// Brazil, as in "0xx11 96123-4567", and drops the zero before it. It returns 0 for
// any other word.
func (d *digitReader) placeholder(rest string) int {
	if len(rest) < 2 || !strings.EqualFold(rest[:2], "xx") || d.out.xx || d.n == 0 || d.buffer[d.n-1] != '0' {
		return 0
	}
	next, _ := utf8.DecodeRuneInString(rest[2:])
	if kind, _ := classify(next); kind != digit && kind != separator {
		return 0
	}
	d.n--
	d.out.xx = true
	return 2
}

func (d *digitReader) finish() (reading, Reason) {
	switch {
	case d.stray:
		return d.out, ReasonNotDigits
	case d.overflow:
		return d.out, ReasonTooLong
	case d.n == 0 && d.out.plus:
		return d.out, ReasonTooShort
	case d.n == 0:
		return d.out, ReasonEmpty
	}
	d.out.digits = string(d.buffer[:d.n])
	if !strings.HasPrefix(d.out.digits, d.first) {
		return d.out, ReasonTwoNumbers
	}
	return d.out, ""
}

// isCallingCode reports whether digits are a calling code and nothing else.
func isCallingCode(digits []byte) bool {
	code, _ := strconv.Atoi(string(digits))
	return len(digits) <= 3 && plans()[code].known
}

// slashDivides tells the slash of "030/123456", which ends an area code, from
// the one of "030 123456 / 030 654321". What comes before it is an area code
// when it is short enough, counting the prefixes it is written with.
func slashDivides(international bool, before []byte) bool {
	longest := 4
	switch {
	case international:
		longest = 7
	case len(before) > 1 && before[0] == '0' && before[1] == '0':
		longest = 9
	case len(before) > 0 && before[0] == '0':
		longest = 6
	}
	return len(before) > longest
}

// reasonForWord says why the word that rest begins with does not belong into a
// number. Any word is refused; the reason is what helps to correct it.
func reasonForWord(before, rest string, afterDigits bool) Reason {
	end := strings.IndexFunc(rest, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r)
	})
	if !afterDigits || end < 0 || !hasDigit(rest[end:]) {
		return ReasonLetters
	}
	switch strings.ToLower(rest[:end]) {
	case "x", "\uff58", "ext", "extn", "xtn", "extension", "extensión", "int", "interno",
		"anexo", "ramal", "poste", "dw", "durchwahl", "app", "apparat", "доб", "вн", "дод",
		"w", "p", "内線", "分机", "內線", "分機":
		return ReasonExtension
	case "or", "and", "o", "ou", "oder", "und", "y", "e", "et", "of", "en", "eller", "og", "och",
		"i", "lub", "ve", "veya", "и", "или", "та", "або", "και", "ή", "أو", "و", "או",
		"或", "和", "または":
		last, _ := utf8.DecodeLastRuneInString(before)
		first, _ := utf8.DecodeRuneInString(rest[end:])
		if unicode.Is(unicode.Nd, last) || unicode.Is(unicode.Nd, first) {
			return ReasonLetters // "555 o123" has a letter where a zero should be
		}
		return ReasonTwoNumbers
	}
	return ReasonLetters
}

func hasDigit(s string) bool {
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if unicode.Is(unicode.Nd, r) {
			return true
		}
		s = s[size:]
	}
	return false
}
