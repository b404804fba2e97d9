package emulator

import (
	cryptorand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
)

// random draws ids and codes from two streams, so that the codes of a seeded
// emulator depend on the messages sent and not on how many requests failed
// in between.
type random struct {
	ids, codes *rand.ChaCha8
}

// newRandom returns streams that repeat for the same seed and purpose, or, with
// an empty seed, streams that cannot be predicted.
func newRandom(seed, purpose string) *random {
	stream := func(name string) *rand.ChaCha8 {
		var key [32]byte
		if seed == "" {
			_, _ = cryptorand.Read(key[:]) // never fails
		} else {
			key = sha256.Sum256([]byte(purpose + "/" + name + "/" + seed))
		}
		return rand.NewChaCha8(key)
	}
	return &random{ids: stream("ids"), codes: stream("codes")}
}

func (r *random) uuid() string {
	var b [16]byte
	_, _ = r.ids.Read(b[:]) // never fails
	return formatUUID(b)
}

// token returns n random bytes, three of which make four characters.
func (r *random) token(n int) string {
	b := make([]byte, n)
	_, _ = r.ids.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// code returns six digits that are none of those given.
func (r *random) code(except ...string) string {
	for {
		code := fmt.Sprintf("%06d", rand.New(r.codes).IntN(1_000_000)) //nolint:gosec // ChaCha8 is a cryptographic source
		if !slices.Contains(except, code) {
			return code
		}
	}
}

// formatUUID writes b as a version 4 UUID.
func formatUUID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	digits := hex.EncodeToString(b[:])
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}
