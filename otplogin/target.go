package otplogin

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/mail"
	"strings"

	"github.com/stytchotp/stytchotp"
)

// target is whom a login is for, as a flow keeps it.
type target struct {
	Recipient string            `json:"r"`
	Channel   stytchotp.Channel `json:"c"`
	Locale    stytchotp.Locale  `json:"l,omitempty"`
}

// newTarget checks whom a login is for, before a limit counts it or a store keeps it.
func newTarget(recipient string, channel stytchotp.Channel, locale stytchotp.Locale) (target, error) {
	isAddress := strings.Contains(recipient, "@")
	if channel == "" {
		channel = stytchotp.ChannelSMS
		if isAddress {
			channel = stytchotp.ChannelEmail
		}
	}
	switch {
	case channel != stytchotp.ChannelSMS && channel != stytchotp.ChannelWhatsApp && channel != stytchotp.ChannelEmail:
		return target{}, paramError("Channel must be sms, whatsapp or email")
	case len(locale) > maxLocaleLength || strings.ContainsFunc(string(locale), isNoLocale):
		return target{}, paramError("Locale must be a language tag such as pt-br")
	case channel != stytchotp.ChannelEmail && recipient == "":
		return target{}, recipientError("Recipient is required: a phone number like +12025550162 or an e-mail address", stytchotp.ErrInvalidPhoneNumber)
	case channel != stytchotp.ChannelEmail && isAddress:
		return target{}, recipientError("Recipient is an e-mail address: set Channel to email, or leave it out", stytchotp.ErrInvalidPhoneNumber)
	case channel == stytchotp.ChannelEmail && !isEmail(recipient):
		return target{}, recipientError("Recipient is not an e-mail address", stytchotp.ErrInvalidEmail)
	case channel == stytchotp.ChannelEmail:
		return target{strings.ToLower(recipient), channel, locale}, nil // the send checks the rest
	}
	number, err := stytchotp.ParsePhoneNumber(recipient, "")
	if err != nil {
		return target{}, err
	}
	return target{string(number), channel, locale}, nil
}

// maxLocaleLength is what BCP 47 asks programs to allow (section 4.4.1).
const maxLocaleLength = 35

func isNoLocale(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
}

// isEmail reports an address and nothing around it.
func isEmail(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return len(s) <= maxAddressLength && err == nil && parsed.Address == s
}

// maxAddressLength is the most that SMTP allows: 64 bytes, an @ and 255 bytes.
const maxAddressLength = 320

// recipientError refuses what a person typed.
func recipientError(text string, kind error) error {
	code := "invalid_phone_number"
	if errors.Is(kind, stytchotp.ErrInvalidEmail) {
		code = "invalid_email"
	}
	return &flowError{text: text, status: http.StatusUnprocessableEntity, code: code, kind: kind}
}

// paramError says that the program passed a wrong parameter.
func paramError(text string) error {
	return &flowError{text: text, status: http.StatusInternalServerError, code: "internal"}
}

func (t target) encode() []byte {
	encoded, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings only
	}
	return encoded
}

func decodeTarget(encoded []byte) (target, error) {
	var t target
	err := json.Unmarshal(encoded, &t)
	return t, err
}

// nonGeographic is the region of numbers that belong to no country.
const nonGeographic = "001"

// region returns "" for an e-mail address.
func (t target) region() string {
	if t.Channel == stytchotp.ChannelEmail {
		return ""
	}
	return cmp.Or(stytchotp.PhoneNumber(t.Recipient).Region(), nonGeographic)
}
