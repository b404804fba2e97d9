// Package redact renders values for people and logs without what must not be
// printed.
//
// It is an allow-list: numbers, booleans, times, identifiers of Stytch's shape and
// words of enumerations are shown, a value with a Masked method is shown masked, and
// everything else is replaced. No String, Error, Format or MarshalText method of a
// value is called. A new field is hidden until it is allowed here.
package redact

import (
	"encoding/json"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Placeholder stands where a value is left out.
const Placeholder = "[redacted]"

// Masker is a value that can be shown in part.
type Masker interface {
	// Masked returns a form of the value that is safe to print.
	Masked() string
}

// String returns the name of v's type and the redacted JSON of v. Fields that are
// zero or have no JSON name are left out.
func String(v any) string {
	return string(appendValue([]byte(reflect.TypeOf(v).String()), reflect.ValueOf(v), ""))
}

// LogValue returns [String] of v as a log value.
func LogValue(v any) slog.Value { return slog.StringValue(String(v)) }

// appendValue appends v, the value of the field with the given wire name.
func appendValue(b []byte, v reflect.Value, name string) []byte {
	if v.Kind() != reflect.Pointer && v.CanInterface() {
		switch x := v.Interface().(type) {
		case time.Time:
			return appendString(b, x.Format(time.RFC3339Nano))
		case time.Duration:
			return appendString(b, x.String())
		case Masker:
			return appendString(b, x.Masked())
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int, reflect.Int64, reflect.Int32:
		return strconv.AppendInt(b, v.Int(), 10)
	case reflect.Float64:
		return strconv.AppendFloat(b, v.Float(), 'g', -1, 64)
	case reflect.String:
		return appendString(b, text(v, name))
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, "null"...)
		}
		return appendValue(b, v.Elem(), name)
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return appendSlice(b, v, name)
		}
	case reflect.Struct:
		return append(appendFields(append(b, '{'), v), '}')
	}
	return appendString(b, Placeholder)
}

func appendSlice(b []byte, v reflect.Value, name string) []byte {
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v.Index(i), name)
	}
	return append(b, ']')
}

// appendFields appends the exported fields that are set and have a JSON name.
func appendFields(b []byte, v reflect.Value) []byte {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || !field.IsExported() || v.Field(i).IsZero():
			continue
		case field.Anonymous && name == "":
			b = appendFields(b, v.Field(i))
			continue
		case name == "":
			name = field.Name
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		b = appendValue(b, v.Field(i), name)
	}
	return b
}

// text returns what may be shown of a string: an identifier, or a word of an
// enumeration, which has a type of its own.
func text(v reflect.Value, name string) string {
	s := v.String()
	switch {
	case s == "":
		return ""
	case v.Type() != reflect.TypeFor[string]():
		return Word(s)
	case strings.HasSuffix(name, "_id"):
		return ID(s)
	}
	return Placeholder
}

// Word returns s when it looks like a word of an enumeration: letters, dots,
// underscores and hyphens, at most 64 of them, or the region of numbers of no country,
// "001". Otherwise it returns [Placeholder].
func Word(s string) string {
	if s == "001" {
		return s
	}
	if len(s) > 64 {
		return Placeholder
	}
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && (i == 0 || c != '_' && c != '-' && c != '.') {
			return Placeholder
		}
	}
	return s
}

// ID returns s when it has the shape of Stytch's identifiers: a UUID, alone or
// after a prefix such as "user-test-". Otherwise it returns [Placeholder]: user_id
// also takes an external id, which may be an e-mail address.
func ID(s string) string {
	const uuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if s == "" {
		return ""
	}
	cut := len(s) - len(uuid)
	if cut < 0 || cut > 40 {
		return Placeholder
	}
	for i := range cut {
		if c := s[i]; !isLetter(c) && c != '-' {
			return Placeholder
		}
	}
	for i := range len(uuid) {
		if c := s[cut+i]; (uuid[i] == '-') != (c == '-') || c != '-' && !isHex(c) {
			return Placeholder
		}
	}
	return s
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil { // a string always encodes
		return append(b, `""`...)
	}
	return append(b, quoted...)
}
