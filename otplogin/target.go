package otplogin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"

	"github.com/stytchotp/stytchotp"
)

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
		return target{}, errors.New("otplogin: Recipient is required: a phone number like +12025550162 or an e-mail address")
	case channel != stytchotp.ChannelSMS && channel != stytchotp.ChannelWhatsApp && channel != stytchotp.ChannelEmail:
		return target{}, errors.New("otplogin: Channel must be sms, whatsapp or email")
	case isAddress && channel != stytchotp.ChannelEmail:
		return target{}, errors.New("otplogin: Channel does not fit Recipient: an address takes email only")
	case channel == stytchotp.ChannelEmail:
		return target{strings.ToLower(recipient), channel, locale}, nil // the send checks whether it is one
	}
	number, err := stytchotp.ParsePhoneNumber(recipient, "")
	if err != nil {
		return target{}, err // before a limit counts it
	}
	return target{string(number), channel, locale}, nil
}

func clientIP(ip string, attributes stytchotp.Attributes) string {
	if ip != "" {
		return ip
	}
	return attributes.IPAddress
}

// idOf returns the id of the login that a form begins.
func (l *Logins) idOf(form string) string { return l.mac("form", form) }

// DeviceToken returns a value for a cookie of a browser that has just logged in as the
// recipient, for [VerifyParams].Device of later logins. It holds nothing of the
// recipient, and is worth nothing for another one.
func (l *Logins) DeviceToken(recipient string) (string, error) {
	to, err := newTarget(recipient, "", "")
	if err != nil {
		return "", err
	}
	nonce := rand.Text()
	k := keyOf("recipient", to.recipient)
	return nonce + "." + l.mac("device", nonce+string(k[:])), nil
}

// knows reports that a browser has logged in as the recipient before.
func (l *Logins) knows(device string, recipient key) bool {
	nonce, mac, _ := strings.Cut(device, ".")
	return nonce != "" && hmac.Equal([]byte(mac), []byte(l.mac("device", nonce+string(recipient[:]))))
}

// mac returns 128 bits that only the holder of the secret can make of a text.
func (l *Logins) mac(kind, text string) string {
	h := hmac.New(sha256.New, l.secret)
	h.Write([]byte(kind + "\x00" + text))
	return base32.StdEncoding.EncodeToString(h.Sum(nil))[:26]
}
