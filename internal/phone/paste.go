package phone

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// pasted is an input without what surrounds the number.
type pasted struct {
	text    string
	context string // the digits of a phone-context, see unlink
	plus    bool   // a wa.me link: the digits begin with a calling code
}

// unwrap takes off quotes, labels, the property name of a vCard line and the scheme
// of a link.
func unwrap(input string) (pasted, Reason) {
	text := input
	if !beginsWithNumber(text) {
		value, reason := cutVCard(trimStart(text))
		if reason != "" {
			return pasted{}, reason
		}
		text = trimStart(cutLabel(trimStart(value)))
		if number, ok := cutWhatsApp(text); ok {
			return pasted{text: trimEnd(number), plus: true}, ""
		}
	}
	number, context, reason := unlink(text)
	return pasted{text: trimEnd(number), context: context}, reason
}

// beginsWithNumber reports the usual case: nothing stands before the number.
func beginsWithNumber(s string) bool {
	return s != "" && (s[0] >= '0' && s[0] <= '9' || s[0] == '+' || s[0] == '(')
}

// read reads the digits.
func (p pasted) read() (reading, Reason) {
	typed, reason := read(p.text)
	switch {
	case reason != "":
		return reading{}, reason
	case p.context == "":
		typed.plus = typed.plus || p.plus
		return typed, ""
	case typed.plus:
		return reading{}, ReasonBadLink
	}
	return reading{plus: true, digits: p.context + typed.digits, xx: typed.xx}, ""
}

// trimStart removes quotes, angle brackets, blanks and invisible marks.
func trimStart(s string) string {
	return strings.TrimLeftFunc(s, func(r rune) bool { return isQuote(r) || unicode.IsSpace(r) || invisible(r) })
}

// trimEnd removes the same and punctuation.
func trimEnd(s string) string { return strings.TrimRightFunc(s, isTrailing) }

// isTrailing reports what is copied along after a number.
func isTrailing(r rune) bool {
	switch r {
	case ':', '.', ',', ';', '!', '?', '\uFF1A', '\u3002', '\uFF0C', '\uFF0E', '\uFF1B', '\uFF01', '\u3001', '\u060C', '\u061B':
		return true
	}
	return isQuote(r) || unicode.IsSpace(r) || invisible(r)
}

func isQuote(r rune) bool {
	switch r {
	case '"', '\'', '`', '<', '>', '\u00B4', '\uFF02', '\uFF07', '\u300C', '\u300D', '\u300E', '\u300F':
		return true
	}
	return r > 0x7f && (unicode.Is(unicode.Pi, r) || unicode.Is(unicode.Pf, r) || r == '\u201A' || r == '\u201E')
}

// cutVCard returns the value of a vCard line, such as "TEL;TYPE=CELL:+1 212 555 0123",
// and any other input as it is. "Tel: …" is a label, and "tel:…" a link.
func cutVCard(line string) (value string, reason Reason) {
	name, value, found := strings.Cut(line, ":")
	name, parameters, _ := strings.Cut(name, ";")
	if group, property, grouped := strings.Cut(name, "."); grouped && property != "" {
		if strings.Trim(strings.ToLower(group), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return line, ""
		}
		name = property
	}
	if !found || !strings.EqualFold(name, "tel") || parameters == "" && name != "TEL" {
		return line, ""
	}
	if strings.Contains(strings.ToLower(parameters), "fax") {
		return "", ReasonLetters // no message reaches a fax machine
	}
	return value, ""
}

// cutLabel removes words such as "Mobile:", "Tel." or "Téléphone :" from the
// beginning. It knows the words: "Fax:", "Ext.:" and "PIN:" stay, and are refused.
func cutLabel(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool {
		kind, _ := classify(r)
		return kind == digit || kind == plus || r == '('
	})
	if end <= 0 {
		return s
	}
	label := strings.TrimRightFunc(s[:end], func(r rune) bool { return isQuote(r) || unicode.IsSpace(r) || invisible(r) })
	last, _ := utf8.DecodeLastRuneInString(label)
	if last != ':' && last != '.' && last != '\uFF1A' && last != '=' && !unicode.Is(unicode.Pd, last) {
		return s
	}
	words := strings.FieldsFunc(label, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	for _, word := range words {
		if !labels[strings.ToLower(word)] {
			return s
		}
	}
	if len(words) == 0 || strings.EqualFold(label, "tel:") && end == len("tel:") {
		return s // a link without its number's blanks
	}
	return s[end:]
}

// labels are the words that people and address books write before a number.
//
//nolint:gochecknoglobals // constant
var labels = setOf(`
	tel telephone phone ph mobile mob cell cellular cellphone handset number no nr my work home main
	business office private personal contact wa m t p c h
	telefon telefonnummer handy handynummer mobil mobilnummer mobiltelefon nummer rufnummer privat
	téléphone telephone tél portable numéro num fixe bureau
	teléfono telefono móvil movil celular cel número numero fijo casa trabajo
	telemóvel telemovel telefone contato
	cellulare numero fisso ufficio
	telefoon mobiel gsm telefoonnummer puhelin matkapuhelin mobiltlf tlf tlfnr mobilnr
	telefonu komórka komórkowy numer nr kom mobilní číslo cep
	телефон тел мобильный моб номер сотовый мобільний
	τηλ τηλέφωνο κινητό
	هاتف جوال موبايل رقم תלפון טלפון נייד
	電話 电话 手机 手機 携帯 携帯電話 電話番号 電話號碼 手机号 联系电话 전화 전화번호 휴대폰 핸드폰
	फ़ोन मोबाइल โทร โทรศัพท์ มือถือ`)

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// cutWhatsApp returns the number of a WhatsApp link. Its digits begin with the calling
// code and have no plus.
func cutWhatsApp(s string) (number string, ok bool) {
	rest := s
	for _, prefix := range [...]string{"https://", "http://", "www."} {
		rest, _ = cutPrefixFold(rest, prefix)
	}
	if path, found := cutPrefixFold(rest, "wa.me/"); found {
		path, _, _ = strings.Cut(path, "?")
		path, _, _ = strings.Cut(path, "#")
		return strings.Trim(path, "/"), true
	}
	for _, prefix := range [...]string{"api.whatsapp.com/send", "web.whatsapp.com/send", "whatsapp.com/send", "whatsapp://send"} {
		if query, found := cutPrefixFold(rest, prefix); found {
			return phoneOf(strings.TrimLeft(query, "/?"))
		}
	}
	return "", false
}

func phoneOf(query string) (number string, ok bool) {
	for parameter := range strings.SplitSeq(query, "&") {
		if value, found := cutPrefixFold(parameter, "phone="); found {
			return strings.ReplaceAll(strings.ReplaceAll(value, "%2B", "+"), "%20", " "), true
		}
	}
	return "", false
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// hasExtension reports a short group of digits at the end that is more likely an
// extension than a part of the number: "0664 123456 (12)", the cells "0664 123456"
// and "12" of a spreadsheet, and "0664 123456-12" where 0664 123456 is a mobile. It
// asks whether the number is valid without the group.
func (p pasted) hasExtension(typed reading, region string) bool {
	size, dash := tail(p.text)
	if size == 0 || size >= len(typed.digits) {
		return false
	}
	typed.digits = typed.digits[:len(typed.digits)-size]
	without := typed.resolve(region).judged()
	if !without.valid {
		return false
	}
	kind := TypeOf(without.e164)
	return !dash || kind == TypeMobile || kind == TypeFixedLineOrMobile
}

// tail returns the number of digits in a group at the end that may be an extension.
// dash says that only a dash announces it.
func tail(s string) (size int, dash bool) {
	const longest = 4
	end := strings.TrimRight(s, " ")
	open := strings.HasSuffix(end, ")") || strings.HasSuffix(end, "]")
	end = strings.TrimRight(end, ")]")
	for size < len(end) && end[len(end)-1-size] >= '0' && end[len(end)-1-size] <= '9' {
		size++
	}
	before := end[:len(end)-size]
	if size == 0 || size > longest || before == "" {
		return 0, false
	}
	switch before[len(before)-1] {
	case '(', '[':
		if open {
			return size, false
		}
	case '\t':
		if strings.Count(before, "\t") == 1 {
			return size, false
		}
	case '-':
		if size <= 2 && strings.Count(before, "-") == 1 {
			return size, true
		}
	}
	return 0, false
}
