package stytchotp

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// unmarshal is json.Unmarshal, but drops times that cannot be read.
func unmarshal(body []byte, v any) error {
	err := json.Unmarshal(body, v)
	if isOddTime(err) {
		return json.Unmarshal(withoutOddTimes(body), v)
	}
	return err
}

// isOddTime reports an error of a time.Time, the only field that refuses JSON of the
// right type.
func isOddTime(err error) bool {
	var syntax *json.SyntaxError
	return err != nil && !errors.As(err, &syntax) && !isWrongType(err)
}

// withoutOddTimes returns the object without its times that are none, such as "",
// so that a login that is over does not fail for one of them.
func withoutOddTimes(body []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object any
	if decoder.Decode(&object) != nil {
		return body
	}
	dropOddTimes(object)
	var cleaned bytes.Buffer
	encoder := json.NewEncoder(&cleaned)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(object) != nil {
		return body
	}
	return cleaned.Bytes()
}

func dropOddTimes(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			dropOddTimes(element)
		}
	case map[string]any:
		for key, element := range value {
			switch name := strings.ToLower(key); { // as encoding/json reads it
			case name == "custom_claims" || strings.HasSuffix(name, "_metadata"): // the project's own
			case strings.HasSuffix(name, "_at"):
				if text, ok := element.(string); !ok || new(time.Time).UnmarshalText([]byte(text)) != nil {
					delete(value, key)
				}
			default:
				dropOddTimes(element)
			}
		}
	}
}
