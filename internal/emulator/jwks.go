package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"sync"
	"time"
)

// signingKey returns the key that signs every emulator's JWTs. It is made when
// the first JWT or key set is asked for, because that takes a tenth of a second
// or more, and once in a process for the same reason. Each emulator gives it a
// key id of its own.
//
//nolint:gochecknoglobals // made once, never changed
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) {
	return rsa.GenerateKey(rand.Reader, 2048)
})

// certificate returns a self-signed certificate of the key, in DER: a key set has one
// for each key.
//
//nolint:gochecknoglobals // made once, never changed
var certificate = sync.OnceValues(func() ([]byte, error) {
	key, err := signingKey()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an emulator of Stytch"},
		NotBefore: time.Unix(0, 0), NotAfter: latest(),
	}
	return x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
})

type jwk struct {
	Algorithm  string   `json:"alg"`
	Exponent   string   `json:"e"`
	KeyID      string   `json:"kid"`
	Operations []string `json:"key_ops"`
	Type       string   `json:"kty"`
	Modulus    string   `json:"n"`
	Use        string   `json:"use"`

	Certificates []string `json:"x5c"`     // DER in base64
	Thumbprint   string   `json:"x5tS256"` // SHA-256 of the first, in base64url
}

type jwksResponse struct {
	Keys       []jwk  `json:"keys"`
	RequestID  string `json:"request_id"`
	StatusCode int    `json:"status_code"`
}

// jwks answers GET /v1/sessions/jwks/{project_id}. It needs no credentials.
func (e *Emulator) jwks(x *Exchange) (any, *apiError) {
	if x.route.id != e.config.ProjectID {
		return nil, failure("project_not_found")
	}
	key, err := signingKey()
	if err != nil {
		return nil, failure("internal_server_error")
	}
	der, err := certificate()
	if err != nil {
		return nil, failure("internal_server_error")
	}
	thumbprint := sha256.Sum256(der)
	encode := base64.RawURLEncoding.EncodeToString
	return jwksResponse{
		Keys: []jwk{{
			Algorithm: "RS256", Exponent: encode(big.NewInt(int64(key.E)).Bytes()), KeyID: e.kid,
			Operations: []string{"verify"}, Type: "RSA", Modulus: encode(key.N.Bytes()), Use: "sig",
			Certificates: []string{base64.StdEncoding.EncodeToString(der)}, Thumbprint: encode(thumbprint[:]),
		}},
		RequestID: x.requestID, StatusCode: 200,
	}, nil
}
