package phone

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDigits is how many digits are looked at. The longest number has fifteen;
// the rest is room for international and trunk prefixes.
const maxDigits = 24

// reading is what remains of an input when everything without meaning is gone.
type reading struct {
	plus   bool
	digits string
}

// read takes the digits out of what a person typed. The library has its own
// reader, which takes letters for digits, drops extensions without a word and
// reads as much of the input as it likes; nothing but digits gets to it.
func read(input string) (reading, Reason) {
	var (
		out      reading
		buffer   [maxDigits]byte
		n        int
		overflow bool
		divided  bool // a divider came after the first digit
		stray    bool // so did a plus
	)
	for i, r := range input {
		kind, value := classify(r)
		switch kind {
		case digit:
			switch {
			case divided || stray:
				return out, ReasonTwoNumbers
			case n == maxDigits:
				overflow = true
			default:
				buffer[n] = '0' + value
				n++
			}
		case plus:
			out.plus = out.plus || n == 0
			stray = n > 0
		case divider:
			divided = divided || n > 0
		case slash:
			divided = divided || slashDivides(out.plus, buffer[:n])
		case hash:
			if n > 0 {
				return out, ReasonExtension
			}
			return out, ReasonNotDigits
		case letter:
			return out, reasonForWord(input[:i], input[i:], n > 0)
		case other:
			return out, ReasonNotDigits
		}
	}
	switch {
	case stray:
		return out, ReasonNotDigits
	case overflow:
		return out, ReasonTooLong
	case n == 0 && out.plus:
		return out, ReasonTooShort
	case n == 0:
		return out, ReasonEmpty
	}
	out.digits = string(buffer[:n])
	return out, ""
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
