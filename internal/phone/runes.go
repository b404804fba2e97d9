package phone

import "unicode"

// class is the part that a character can play in a typed number.
type class uint8

const (
	other     class = iota // not part of a number
	digit                  // a decimal digit of any script
	plus                   // announces a country calling code
	separator              // stands between digits and means nothing
	divider                // stands between two numbers
	slash                  // either of the two, see slashDivides
	hash                   // announces an extension
	mask                   // hides a digit
	letter
)

// classify returns the class of r and, for a digit, its value.
func classify(r rune) (class, byte) {
	if r < 0x80 {
		return classifyASCII(r)
	}
	switch r {
	case '\uFF0B', '\uFE62': // full-width and small plus
		return plus, 0
	case '\u2212', '\u2043', // minus, hyphen bullet
		'\u30FC', '\uFF70', // the long-vowel mark, which Japanese keyboards give for a dash
		'\u00B7', '\u2022', '\u2024', '\u2027', '\u30FB', '\uFF0E', '\uFF65', // dots
		'\uFF08', '\uFF09', '\uFF3B', '\uFF3D', '\u3010', '\u3011', '\u3014', '\u3015', // brackets
		'\uFE59', '\uFE5A':
		return separator, 0
	case '\u0085', '\u2028', '\u2029', // line ends
		'\u060C', '\u3001', '\uFF0C', '\uFE50', '\uFE51', // commas
		'\u061B', '\uFF1B', '\uFE54', // semicolons
		'\uFF5C', '\uFF06', '\u00A6': // bars, ampersand
		return divider, 0
	case '\uFF0F', '\u2044', '\u2215':
		return slash, 0
	case '\uFF03', '\uFE5F':
		return hash, 0
	case '\uFF0A', '\u2217': // full-width asterisk, asterisk operator
		return mask, 0
	case '\u301C', '\u3030': // wave dashes mark a range of numbers
		return other, 0
	}
	switch {
	case invisible(r), unicode.Is(unicode.Zs, r), unicode.Is(unicode.Pd, r):
		return separator, 0
	case unicode.Is(unicode.Nd, r):
		return digit, digitValue(r)
	case unicode.IsLetter(r):
		return letter, 0
	}
	return other, 0
}

func classifyASCII(r rune) (class, byte) {
	switch {
	case r >= '0' && r <= '9':
		return digit, byte(r - '0')
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		return letter, 0
	}
	switch r {
	case ' ', '\t', '-', '.', '(', ')', '[', ']':
		return separator, 0
	case '+':
		return plus, 0
	case ',', ';', '|', '&', '\n', '\r', '\v', '\f':
		return divider, 0
	case '/':
		return slash, 0
	case '#':
		return hash, 0
	case '*':
		return mask, 0
	}
	return other, 0
}

// invisible reports the marks that phones, address books and web pages paste
// along with a number: soft hyphens, zero-width spaces and joiners, and the
// marks that set the direction of text.
func invisible(r rune) bool {
	switch {
	case r == '\u00AD', r == '\u061C', r == '\u180E', r == '\uFEFF':
		return true
	case r >= '\u200B' && r <= '\u200F', r >= '\u202A' && r <= '\u202E':
		return true
	}
	return r >= '\u2060' && r <= '\u2064' || r >= '\u2066' && r <= '\u2069'
}

// digitValue returns the value of a rune in Unicode's class Nd. Digits come in
// runs of ten that begin with the zero, and every range of the table is made
// of whole runs.
func digitValue(r rune) byte {
	for _, span := range unicode.Nd.R16 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) {
			return byte((r - rune(span.Lo)) % 10)
		}
	}
	for _, span := range unicode.Nd.R32 {
		if r >= rune(span.Lo) && r <= rune(span.Hi) {
			return byte((r - rune(span.Lo)) % 10)
		}
	}
	return 0
}
