package emulator

import (
	"encoding/json"
	"time"
)

// The bodies of the API's answers. Absent strings are empty, absent objects and
// moments are null, absent lists are empty lists.

type sendBody struct {
	StatusCode  int    `json:"status_code"`
	RequestID   string `json:"request_id"`
	UserID      string `json:"user_id"`
	PhoneID     string `json:"phone_id,omitempty"`
	EmailID     string `json:"email_id,omitempty"`
	UserCreated *bool  `json:"user_created,omitempty"` // login_or_create only
}

type authenticateBody struct {
	StatusCode    int          `json:"status_code"`
	RequestID     string       `json:"request_id"`
	UserID        string       `json:"user_id"`
	MethodID      string       `json:"method_id"`
	SessionToken  string       `json:"session_token"`
	SessionJWT    string       `json:"session_jwt"`
	Session       *sessionBody `json:"session"`
	User          userBody     `json:"user"`
	UserDevice    *deviceBody  `json:"user_device"`
	ResetSessions bool         `json:"reset_sessions"`
}

type userBody struct {
	UserID                 string         `json:"user_id"`
	Name                   *nameBody      `json:"name"`
	Emails                 []emailBody    `json:"emails"`
	PhoneNumbers           []phoneBody    `json:"phone_numbers"`
	Providers              []struct{}     `json:"providers"`
	WebAuthnRegistrations  []struct{}     `json:"webauthn_registrations"`
	BiometricRegistrations []struct{}     `json:"biometric_registrations"`
	TOTPs                  []struct{}     `json:"totps"`
	CryptoWallets          []struct{}     `json:"crypto_wallets"`
	Password               *struct{}      `json:"password"`
	Roles                  []string       `json:"roles"`
	Status                 string         `json:"status"`
	CreatedAt              *string        `json:"created_at"`
	ExternalID             *string        `json:"external_id"`
	TrustedMetadata        map[string]any `json:"trusted_metadata"`
	UntrustedMetadata      map[string]any `json:"untrusted_metadata"`
	IsLocked               bool           `json:"is_locked"`
	LockCreatedAt          *string        `json:"lock_created_at"`
	LockExpiresAt          *string        `json:"lock_expires_at"`
}

type nameBody struct {
	FirstName  string `json:"first_name"`
	MiddleName string `json:"middle_name"`
	LastName   string `json:"last_name"`
}

type emailBody struct {
	EmailID  string `json:"email_id"`
	Email    string `json:"email"`
	Verified bool   `json:"verified"`
}

type phoneBody struct {
	PhoneID     string `json:"phone_id"`
	PhoneNumber string `json:"phone_number"`
	Verified    bool   `json:"verified"`
}

type sessionBody struct {
	SessionID      string                     `json:"session_id"`
	UserID         string                     `json:"user_id"`
	StartedAt      string                     `json:"started_at"`
	LastAccessedAt string                     `json:"last_accessed_at"`
	ExpiresAt      string                     `json:"expires_at"`
	Attributes     attributes                 `json:"attributes"`
	Factors        []sessionFactorBody        `json:"authentication_factors"`
	CustomClaims   map[string]json.RawMessage `json:"custom_claims"`
	Roles          []string                   `json:"roles"`
}

type sessionFactorBody struct {
	Type                string           `json:"type"`
	DeliveryMethod      string           `json:"delivery_method"`
	LastAuthenticatedAt string           `json:"last_authenticated_at"`
	CreatedAt           string           `json:"created_at"`
	UpdatedAt           string           `json:"updated_at"`
	PhoneNumberFactor   *phoneFactorBody `json:"phone_number_factor,omitempty"`
	EmailFactor         *emailFactorBody `json:"email_factor,omitempty"`
}

type phoneFactorBody struct {
	PhoneID     string `json:"phone_id"`
	PhoneNumber string `json:"phone_number"`
}

type emailFactorBody struct {
	EmailID      string `json:"email_id"`
	EmailAddress string `json:"email_address"`
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func optionalTimestamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := timestamp(t)
	return &text
}

func (e *Emulator) userBodyLocked(u *user, now time.Time) userBody {
	body := userBody{
		UserID: u.id, Status: u.status, CreatedAt: optionalTimestamp(u.created),
		Emails: []emailBody{}, PhoneNumbers: []phoneBody{},
		Providers: []struct{}{}, WebAuthnRegistrations: []struct{}{}, BiometricRegistrations: []struct{}{},
		TOTPs: []struct{}{}, CryptoWallets: []struct{}{}, Roles: roles(),
		TrustedMetadata: map[string]any{}, UntrustedMetadata: map[string]any{},
	}
	if !u.canned {
		body.Name = &nameBody{}
	}
	if u.locked(now) {
		body.IsLocked, body.LockCreatedAt, body.LockExpiresAt = true, optionalTimestamp(u.lockedAt), optionalTimestamp(u.lockEnds)
	}
	for _, f := range e.users.factorsOf(u, now) {
		if f.isPhone() {
			body.PhoneNumbers = append(body.PhoneNumbers, phoneBody{f.id, f.value, f.verified})
		} else {
			body.Emails = append(body.Emails, emailBody{f.id, f.value, f.verified})
		}
	}
	return body
}

// roles are those that every user has.
func roles() []string { return []string{"stytch_user"} }

func (s *session) body() *sessionBody {
	body := &sessionBody{
		SessionID: s.id, UserID: s.user.id, Attributes: s.attributes, Roles: roles(),
		StartedAt: timestamp(s.started), LastAccessedAt: timestamp(s.lastAccessed), ExpiresAt: timestamp(s.expires),
		CustomClaims: decodeClaims(s.claims), Factors: []sessionFactorBody{},
	}
	if s.canned {
		body.StartedAt = s.started.Format(time.RFC3339Nano) // as Stytch answers it
	}
	for _, used := range s.factors {
		item := sessionFactorBody{
			Type: used.kind, DeliveryMethod: used.delivery, LastAuthenticatedAt: timestamp(used.last),
			CreatedAt: timestamp(used.created), UpdatedAt: timestamp(used.last),
		}
		if used.factor.isPhone() {
			item.PhoneNumberFactor = &phoneFactorBody{used.factor.id, used.factor.value}
		} else {
			item.EmailFactor = &emailFactorBody{used.factor.id, used.factor.value}
		}
		body.Factors = append(body.Factors, item)
	}
	return body
}
