// Package sessionjwt checks the JWTs of Stytch's sessions without a call: their
// signature, issuer, audience and times, by the project's key set.
//
// A JWT lives five minutes. When it is too old, [Verifier.Protect] asks Stytch by
// [stytchotp.SessionsService.Authenticate], which returns a new one. A session that
// was revoked is found out then, and not before: see [Verifier.Reject].
//
// API: https://stytch.com/docs/api-reference/consumer/api/sessions/session-jwt
package sessionjwt

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stytchotp/stytchotp"
)

// The reasons for which a JWT is not accepted.
var (
	// ErrInvalid says that the JWT is not one of the project: malformed, forged, or of
	// another project, issuer or algorithm.
	ErrInvalid = errors.New("sessionjwt: not a valid JWT of the project")
	// ErrExpired says that the JWT was good and is too old, or was rejected by
	// [Verifier.Reject]. Stytch knows whether its session lasts.
	ErrExpired = errors.New("sessionjwt: the JWT has expired")
	// ErrNoKey says that the key of the JWT could not be fetched, so that it is not
	// known whether the JWT is valid.
	ErrNoKey = errors.New("sessionjwt: the key of the JWT could not be fetched")
)

const (
	defaultLeeway = 10 * time.Second
	maxLeeway     = 5 * time.Minute
	jwtLifetime   = 5 * time.Minute // Stytch's
	maxJWTBytes   = 16 << 10        // custom claims are 4 KB at most
	maxRejected   = 10_000
)

// Verifier checks the JWTs of a project. It is safe for concurrent use; a program
// needs one for each client. It starts no goroutine.
type Verifier struct {
	client *stytchotp.Client
	keys   keySet
	parser *jwt.Parser
	leeway time.Duration
	maxAge time.Duration

	mu          sync.Mutex
	rejected    map[string]time.Time // ids of sessions, and when their last JWT has expired
	rejectUntil time.Time            // JWTs issued before this are too old
}

// Option changes a [Verifier].
type Option func(*Verifier, *[]jwt.ParserOption) error

// WithLeeway sets by how much the clocks of Stytch and of this machine may differ, up
// to five minutes. The default is ten seconds.
func WithLeeway(d time.Duration) Option {
	return func(v *Verifier, _ *[]jwt.ParserOption) error {
		if d < 0 || d > maxLeeway {
			return fmt.Errorf("WithLeeway: must be 0 to %s", maxLeeway)
		}
		v.leeway = d
		return nil
	}
}

// WithMaxAge makes a JWT too old sooner than after its five minutes: a session that
// was revoked is accepted for less long, and Stytch is asked more often.
func WithMaxAge(d time.Duration) Option {
	return func(v *Verifier, _ *[]jwt.ParserOption) error {
		if d <= 0 {
			return errors.New("WithMaxAge: must be more than 0")
		}
		v.maxAge = d
		return nil
	}
}

// WithIssuer sets the issuer, for a project with a custom domain. The default is
// "stytch.com/" and the project id.
func WithIssuer(issuer string) Option {
	return func(_ *Verifier, opts *[]jwt.ParserOption) error {
		if issuer == "" {
			return errors.New("WithIssuer: is empty")
		}
		*opts = append(*opts, jwt.WithIssuer(issuer))
		return nil
	}
}

// New returns a verifier of the client's project. It makes no call: the keys are
// fetched when the first JWT is checked.
func New(client *stytchotp.Client, opts ...Option) (*Verifier, error) {
	if client == nil {
		return nil, errors.New("sessionjwt: the client is nil")
	}
	v := &Verifier{client: client, leeway: defaultLeeway, rejected: map[string]time.Time{}}
	v.keys.client, v.keys.fetching = client, make(chan struct{}, 1)
	parserOptions := []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithIssuer("stytch.com/" + client.ProjectID()),
		jwt.WithAudience(client.ProjectID()),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
	}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(v, &parserOptions); err != nil {
			return nil, fmt.Errorf("sessionjwt: %w", err)
		}
	}
	v.parser = jwt.NewParser(append(parserOptions, jwt.WithLeeway(v.leeway))...)
	return v, nil
}

// Verify returns the session that a JWT describes, as it was when the JWT was made.
// The error is [ErrInvalid], [ErrExpired] or [ErrNoKey]. It makes no call but for the
// keys: the first time, when they are older than an hour, and for a key id that is not
// known, once a minute at most. ctx is for that call.
func (v *Verifier) Verify(ctx context.Context, sessionJWT stytchotp.Secret) (*stytchotp.Session, error) {
	if len(sessionJWT) > maxJWTBytes {
		return nil, ErrInvalid
	}
	var (
		c     claims
		noKey error
	)
	_, err := v.parser.ParseWithClaims(string(sessionJWT), &c, func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		key, err := v.keys.get(ctx, kid)
		if errors.Is(err, ErrNoKey) {
			noKey = err
		}
		return key, err
	})
	switch {
	case noKey != nil:
		return nil, noKey
	case errors.Is(err, jwt.ErrTokenExpired) && isOnly(err, jwt.ErrTokenExpired):
		return nil, ErrExpired
	case err != nil, c.session == nil:
		return nil, ErrInvalid
	case v.isTooOld(&c):
		return nil, ErrExpired
	}
	return c.session, nil
}

// isOnly reports that a JWT with a good signature has no other fault than one.
func isOnly(err, fault error) bool {
	for _, other := range []error{
		jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenRequiredClaimMissing,
		jwt.ErrTokenInvalidAudience, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidSubject, jwt.ErrTokenInvalidId,
		jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenNotValidYet,
	} {
		if errors.Is(err, other) {
			return false
		}
	}
	return errors.Is(err, fault)
}

// isTooOld reports a JWT whose session is over, that is older than wanted, or that was
// rejected.
func (v *Verifier) isTooOld(c *claims) bool {
	now := time.Now()
	if ends := c.session.ExpiresAt; !ends.IsZero() && now.After(ends.Add(v.leeway)) {
		return true
	}
	if v.maxAge > 0 && now.Sub(c.IssuedAt.Time) > v.maxAge {
		return true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	_, rejected := v.rejected[c.session.SessionID]
	return rejected || c.IssuedAt.Before(v.rejectUntil)
}

// Reject makes the JWTs of a session too old for this verifier, from now on. Call it
// after [stytchotp.SessionsService.Revoke]: otherwise the JWTs that the session has are
// accepted until they expire, for five minutes at most. Other machines have verifiers
// of their own; tell them too, or give them [WithMaxAge].
//
// At most 10,000 sessions are remembered for as long as their JWTs last. Beyond that,
// all JWTs that were made until then are too old, and Stytch is asked about their
// sessions.
func (v *Verifier) Reject(sessionID string) {
	now := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.rejected) >= maxRejected {
		for id, until := range v.rejected {
			if now.After(until) {
				delete(v.rejected, id)
			}
		}
	}
	if len(v.rejected) >= maxRejected {
		clear(v.rejected)
		// iat is in whole seconds of another clock.
		v.rejectUntil = now.Add(v.leeway + time.Second)
	}
	v.rejected[sessionID] = now.Add(jwtLifetime + 2*v.leeway)
}
