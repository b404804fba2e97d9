// Package flatjson decodes a JSON object of a few short fields, and nothing else, in
// a fraction of the time that encoding/json takes.
//
// It knows neither escapes nor null, no number but a short whole one, no field that
// it was not told of, nothing inside anything, and nothing beyond 4 KiB. Of all that
// it says so, right or wrong, and the caller asks encoding/json, which is the judge of
// what JSON is.
package flatjson

// maxSize bounds, in bytes, what a caller who keeps one text keeps with it.
const maxSize = 4 << 10

// Decode decodes data into the variables that at returns for its keys: a *string, a
// *bool or an *int, or nil for a key that it does not know.
//
// It reports whether it did. If so, encoding/json would have set the same variables
// to the same values. If not, it may have set some of them: have encoding/json decode
// into the same variables, and if that fails, do not use them.
func Decode(data []byte, at func(key string) any) bool {
	if len(data) > maxSize {
		return false
	}
	s := scanner(data) // one copy, of which every text is a part
	for mark := "{"; s.next(mark); mark = "," {
		key, ok := s.text()
		if !ok || !s.next(":") || !s.value(at(key)) {
			return false
		}
		if s.next("}") {
			return s.next("") && len(s) == 0
		}
	}
	return false
}

// scanner is what is left to be read.
type scanner string

// next reads a token, and blanks before it, if that is what comes next.
func (s *scanner) next(token string) bool {
	b := *s
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\r' || b[0] == '\t') {
		b = b[1:]
	}
	if len(b) < len(token) || b[:len(token)] != scanner(token) {
		return false
	}
	*s = b[len(token):]
	return true
}

// value reads a value into the variable that to points to.
func (s *scanner) value(to any) bool {
	switch to := to.(type) {
	case *string:
		text, ok := s.text()
		if ok {
			*to = text
		}
		return ok
	case *bool:
		value := s.next("true")
		ok := value || s.next("false")
		if ok {
			*to = value
		}
		return ok
	case *int:
		n, ok := s.number()
		if ok {
			*to = n
		}
		return ok
	}
	return false
}

// text reads a string of printable ASCII without escapes.
func (s *scanner) text() (string, bool) {
	if !s.next(`"`) {
		return "", false
	}
	for i := range len(*s) {
		c := (*s)[i]
		switch {
		case c == '"':
			text := (*s)[:i]
			*s = (*s)[i+1:]
			return string(text), true
		case c < ' ' || c > '~' || c == '\\':
			return "", false
		}
	}
	return "", false
}

// number reads a whole number of up to nine digits.
func (s *scanner) number() (n int, ok bool) {
	s.next("")
	digits := 0
	for _, c := range *s {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
		if digits++; digits > 9 || digits > 1 && n < 10 { // too long, or it begins with a zero
			return 0, false
		}
	}
	*s = (*s)[digits:]
	return n, digits > 0
}
