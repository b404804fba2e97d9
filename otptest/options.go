package otptest

import (
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// Option sets a server up.
type Option func(*config)

type config struct{ emulator emulator.Config }

// WithSeed makes ids, codes and tokens repeat from run to run, as long as the
// calls come in the same order. Without it they differ every time, which is what
// most tests want. The signatures of JWTs always differ.
func WithSeed(seed string) Option {
	return func(c *config) { c.emulator.Seed = seed }
}

// WithFixedCode gives a phone number in E.164 form, or an e-mail address, the same
// six digits every time.
func WithFixedCode(recipient, code string) Option {
	return func(c *config) {
		if c.emulator.FixedCodes == nil {
			c.emulator.FixedCodes = map[string]string{}
		}
		c.emulator.FixedCodes[recipient] = code
	}
}

// WithCredentials chooses the project id, which begins with project-test-, and
// the secret. Without it both are made up.
func WithCredentials(projectID, secret string) Option {
	return func(c *config) { c.emulator.ProjectID, c.emulator.Secret = projectID, secret }
}

// WithCountries lets SMS and WhatsApp messages go to more countries, named by their
// ISO 3166 alpha-2 codes, also after a [Server.Reset]. Without it, as in a new project,
// only US and CA are allowed.
func WithCountries(countries ...string) Option {
	return func(c *config) { c.emulator.Countries = append(c.emulator.Countries, countries...) }
}

// WithUserLock sets how many wrong codes in a row lock a user, 1 to 100, and for
// how long, 5 minutes to 7 days. Without it that is ten, and one hour.
func WithUserLock(threshold int, ttl time.Duration) Option {
	return func(c *config) { c.emulator.UserLockThreshold, c.emulator.UserLockTTL = threshold, ttl }
}
