package otplogin

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"net/netip"
	"slices"
	"strings"

	"github.com/stytchotp/stytchotp"
)

// keys hashes and encrypts what goes into a store.
type keys struct{ secret []byte }

func newKeys(secret []byte) keys { return keys{slices.Clone(secret)} }

// hashLength is that of [keys.hash] and of rand.Text: 130 bits in base32.
const hashLength = 26

const base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// hash returns 130 bits that only the holder of the secret can make of a text.
func (k keys) hash(kind, text string) string {
	return base32.StdEncoding.EncodeToString(k.mac(kind, text))[:hashLength]
}

func (k keys) mac(kind, text string) []byte {
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte(kind + "\x00" + text))
	return h.Sum(nil)
}

// aead encrypts with a key that takes the secret and the owner to make: what a flow
// keeps can be read with its id only.
func (k keys) aead(kind, owner string) cipher.AEAD {
	block, err := aes.NewCipher(k.mac("key of "+kind, owner))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // the block is AES
	}
	return aead
}

func (k keys) seal(kind, owner string, plain []byte) []byte {
	return k.aead(kind, owner).Seal(nil, nil, plain, nil)
}

func (k keys) open(kind, owner string, sealed []byte) ([]byte, error) {
	return k.aead(kind, owner).Open(nil, nil, sealed, nil)
}

// DeviceToken returns a value for a cookie of a browser that has just logged in as the
// recipient, for [VerifyParams].Device of later logins. It holds nothing of the
// recipient, and is worth nothing for another one.
func (l *Logins) DeviceToken(recipient string) (string, error) {
	to, err := newTarget(recipient, "", "")
	if err != nil {
		return "", err
	}
	nonce := rand.Text()
	return nonce + "." + l.keys.hash("device", nonce+l.keys.hash("recipient", to.Recipient)), nil
}

// knows reports that a browser has logged in as the recipient before.
func (k keys) knows(device, recipient string) bool {
	nonce, mac, _ := strings.Cut(device, ".")
	return nonce != "" && hmac.Equal([]byte(mac), []byte(k.hash("device", nonce+recipient)))
}

// address returns the hash of an IP address, of IPv6 of its prefix; "" when it is not
// known. One that the attributes name and that no browser on the internet has is that of
// a proxy: it would count all visitors as one.
func (l *Logins) address(ip string, attributes stytchotp.Attributes) string {
	text := strings.TrimSpace(cmp.Or(ip, attributes.IPAddress))
	if strings.HasSuffix(text, "]") {
		text = strings.Trim(text, "[]") // as of a URL without a port
	}
	parsed, err := netip.ParseAddr(text)
	if err != nil {
		withPort, portErr := netip.ParseAddrPort(text) // as of http.Request.RemoteAddr
		if portErr != nil {
			return ""
		}
		parsed = withPort.Addr()
	}
	parsed = parsed.Unmap().WithZone("")
	if ip == "" && isProxy(parsed) {
		return ""
	}
	bits := parsed.BitLen()
	if parsed.Is6() {
		bits = l.config.IPv6Prefix
	}
	prefix, err := parsed.Prefix(bits)
	if err != nil {
		return ""
	}
	return l.keys.hash("address", prefix.String())
}

func isProxy(a netip.Addr) bool {
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10) // RFC 6598
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || shared.Contains(a)
}
