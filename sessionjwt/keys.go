package sessionjwt

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/stytchotp/stytchotp"
)

const (
	fetchEvery   = time.Minute     // at most
	fetchTimeout = 5 * time.Second // whatever the caller's is: others need the keys too
	refreshAfter = time.Hour       // so that a key that was withdrawn is forgotten
	maxKeys      = 100
	maxKeyID     = 128 // bytes
	minKeyBits   = 2048
	maxKeyBits   = 8192
)

// keySet holds the project's keys by their id.
type keySet struct {
	client   *stytchotp.Client
	fetching chan struct{} // held by the call that fetches
	known    atomic.Pointer[fetched]
}

// fetched is the state of the keys after a fetch.
type fetched struct {
	keys map[string]*rsa.PublicKey // of the last fetch that brought any
	got  time.Time                 // when that was
	last time.Time                 // the last fetch, whatever came of it
	err  error
}

// get returns the key with an id. It fetches the keys when that is not known, or the
// keys are old. The error is ErrInvalid for an id that the key set does not have, and
// ErrNoKey when that is not known.
func (s *keySet) get(ctx context.Context, id string) (*rsa.PublicKey, error) {
	if id == "" || len(id) > maxKeyID {
		return nil, ErrInvalid
	}
	f, key := s.find(id)
	if key != nil && time.Since(f.got) < refreshAfter {
		return key, nil
	}
	select {
	case s.fetching <- struct{}{}:
		defer func() { <-s.fetching }()
	default:
		if key != nil {
			return key, nil // another call refreshes the keys
		}
		select {
		case s.fetching <- struct{}{}:
			defer func() { <-s.fetching }()
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrNoKey, context.Cause(ctx))
		}
	}
	f, key = s.find(id) // another call may have fetched it
	if f.last.IsZero() || time.Since(f.last) >= fetchEvery {
		if key == nil || time.Since(f.got) >= refreshAfter {
			s.fetch(ctx, f)
			f, key = s.find(id)
		}
	}
	switch {
	case key != nil:
		return key, nil
	case f.err != nil:
		return nil, fmt.Errorf("%w: %w", ErrNoKey, f.err)
	}
	return nil, ErrInvalid
}

func (s *keySet) find(id string) (*fetched, *rsa.PublicKey) {
	f := s.known.Load()
	if f == nil {
		return &fetched{}, nil
	}
	return f, f.keys[id]
}

// jwk is a key of the key set.
type jwk struct {
	KeyID     string `json:"kid"`
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

// fetch replaces the keys by those of the key set, if it has any. What went wrong is
// kept, and the known keys with it. A caller who leaves does not end it.
func (s *keySet) fetch(ctx context.Context, before *fetched) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	defer cancel()
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	err := s.client.Do(ctx, http.MethodGet, "/v1/sessions/jwks/"+url.PathEscape(s.client.ProjectID()), nil, &set)
	after := &fetched{keys: map[string]*rsa.PublicKey{}, got: time.Now(), last: time.Now()}
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		var k jwk
		if json.Unmarshal(raw, &k) == nil {
			if key := k.publicKey(); key != nil {
				after.keys[k.KeyID] = key
			}
		}
	}
	if err == nil && len(after.keys) == 0 {
		err = errors.New("sessionjwt: the key set has no key that can be used")
	}
	if err != nil {
		after.keys, after.got, after.err = before.keys, before.got, err
	}
	s.known.Store(after)
}

// publicKey returns the key, or nil for one that is not for RS256 or too weak.
func (k *jwk) publicKey() *rsa.PublicKey {
	if k.Type != "RSA" || k.Use != "" && k.Use != "sig" || k.Algorithm != "" && k.Algorithm != "RS256" || k.KeyID == "" || len(k.KeyID) > maxKeyID {
		return nil
	}
	modulus, err := base64.RawURLEncoding.DecodeString(k.Modulus)
	if err != nil {
		return nil
	}
	exponent, err := base64.RawURLEncoding.DecodeString(k.Exponent)
	if err != nil || len(exponent) > 4 {
		return nil
	}
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent).Int64()
	if n.BitLen() < minKeyBits || n.BitLen() > maxKeyBits || n.Bit(0) == 0 || e < 3 || e%2 == 0 || e > 1<<31-1 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e)}
}
