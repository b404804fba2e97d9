package phone

import (
	"net/url"
	"strings"
)

// unlink takes the number out of a tel: link (RFC 3966), or one of a scheme like it,
// and leaves every other input as it is. context holds the digits of a phone-context that is the
// beginning of the number, as in tel:555-0123;phone-context=+1-212.
func unlink(input string) (number, context string, reason Reason) {
	rest, isLink := cutScheme(input)
	if isLink {
		decoded, err := url.PathUnescape(strings.TrimPrefix(rest, "//"))
		if err != nil {
			return "", "", ReasonBadLink
		}
		rest = decoded
	}
	number, parameters, found := strings.Cut(rest, ";")
	if !found || !isLink && !beginsWithParameter(parameters) {
		return rest, "", ""
	}
	context, reason = readParameters(parameters)
	return number, context, reason
}

// cutScheme removes the scheme of a link that holds a number. A query, such as the
// body of a message, goes as well.
func cutScheme(input string) (rest string, ok bool) {
	trimmed := strings.TrimLeftFunc(input, func(r rune) bool {
		kind, _ := classify(r)
		return invisible(r) || kind == separator && r != '(' && r != '['
	})
	for _, scheme := range [...]string{"tel:", "sms:", "smsto:", "callto:", "whatsapp:"} {
		if rest, ok = cutPrefixFold(trimmed, scheme); ok {
			rest, _, _ = strings.Cut(rest, "?")
			return rest, true
		}
	}
	return input, false
}

// beginsWithParameter tells the semicolon of "…;ext=5", copied out of a link,
// from the one between two numbers.
func beginsWithParameter(s string) bool {
	name, _, found := strings.Cut(strings.TrimLeft(s, " "), "=")
	return found && name != "" && strings.IndexFunc(name, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

// readParameters reads the parameters that change which number is meant, and refuses a
// link with any other.
func readParameters(parameters string) (context string, reason Reason) {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		switch strings.ToLower(name) {
		case "":
		case "ext", "isub", "postd":
			return "", ReasonExtension
		case "phone-context":
			// A domain name says where a number is local, and not its digits.
			part, reason := read(value)
			if reason != "" || !part.plus || context != "" {
				return "", ReasonBadLink
			}
			context = part.digits
		default:
			return "", ReasonBadLink
		}
	}
	return context, ""
}
