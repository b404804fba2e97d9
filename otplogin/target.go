package otplogin

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/stytchotp/stytchotp"
)

// target is whom a login is for, as a flow keeps it.
type target struct {
	Recipient string            `json:"r"`
	Channel   stytchotp.Channel `json:"c"`
	Locale    stytchotp.Locale  `json:"l,omitempty"`
}

// maxAddressLength is the most that SMTP allows: 64 bytes, an @ and 255 bytes.
const maxAddressLength = 320

// newTarget checks whom a login is for.
func newTarget(recipient string, channel stytchotp.Channel, locale stytchotp.Locale) (target, error) {
	isAddress := strings.Contains(recipient, "@")
	if channel == "" {
		channel = stytchotp.ChannelSMS
		if isAddress {
			channel = stytchotp.ChannelEmail
		}
	}
	switch {
	case recipient == "":
		return target{}, paramError("Recipient is required: a phone number like +12025550162 or an e-mail address")
	case channel != stytchotp.ChannelSMS && channel != stytchotp.ChannelWhatsApp && channel != stytchotp.ChannelEmail:
		return target{}, paramError("Channel must be sms, whatsapp or email")
	case isAddress && channel != stytchotp.ChannelEmail:
		return target{}, paramError("Channel does not fit Recipient: an address takes email only")
	case channel == stytchotp.ChannelEmail && len(recipient) > maxAddressLength: // a store must not keep it, not even until the send refuses it
		return target{}, &flowError{"Recipient is too long for an e-mail address", http.StatusUnprocessableEntity, "invalid_email"}
	case channel == stytchotp.ChannelEmail:
		return target{strings.ToLower(recipient), channel, locale}, nil // the send checks whether it is one
	}
	number, err := stytchotp.ParsePhoneNumber(recipient, "")
	if err != nil {
		return target{}, err // before a limit counts it
	}
	return target{string(number), channel, locale}, nil
}

// paramError says that the program passed a wrong parameter.
func paramError(text string) error {
	return &flowError{text, http.StatusInternalServerError, "internal"}
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
