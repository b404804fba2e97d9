package stytchotp

import (
	"net/http"
)

// Delivery says whether a message may have gone out. For
// [OTPsService.Authenticate] it says whether the code may have been used up, and for
// calls that send no message whether the request may have been processed.
type Delivery int

// The values of Delivery. The zero value is the one that promises nothing.
const (
	DeliveryMaybeSent Delivery = iota // unknown: the request may have been read
	DeliveryNotSent                   // certainly not sent: trying again sends one message
	DeliverySent                      // accepted by Stytch
)

// String returns "maybe_sent", "not_sent" or "sent".
func (d Delivery) String() string {
	switch d {
	case DeliveryNotSent:
		return "not_sent"
	case DeliverySent:
		return "sent"
	case DeliveryMaybeSent:
	}
	return "maybe_sent"
}

// MarshalText returns what String returns, so that JSON and logs hold the word.
func (d Delivery) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes, and anything else as
// [DeliveryMaybeSent].
func (d *Delivery) UnmarshalText(text []byte) error {
	switch string(text) {
	case "not_sent":
		*d = DeliveryNotSent
	case "sent":
		*d = DeliverySent
	default:
		*d = DeliveryMaybeSent
	}
	return nil
}

// DeliveryOf tells from the error of a call whether a message may have gone out:
// [DeliverySent] for nil, and for an error of this package what is known. For any
// other error, and when errors of several calls are joined and one of them is
// unsure, it is [DeliveryMaybeSent].
//
// After DeliveryMaybeSent, let the person decide whether to ask for another message: it
// makes the first code useless. The first code can be checked only by a method id of an
// earlier answer: when the answer got lost, so did its method id.
func DeliveryOf(err error) Delivery {
	if err == nil {
		return DeliverySent
	}
	if e := leastCertain(err); e != nil {
		return e.Delivery()
	}
	return DeliveryMaybeSent
}

// meaning is what an error type means to a caller: the sentinel that it answers, and
// HTTPStatus and PublicCode of an error of the type.
type meaning struct {
	sentinel error
	status   int
	code     string
}

// meaning returns the zero value for a type that is unknown, or that only the
// program or its configuration can cause.
func (t ErrorType) meaning() meaning {
	switch t {
	case ErrorTypeOTPCodeNotFound, ErrorTypeInvalidCode:
		return meaning{ErrCodeIncorrect, http.StatusUnprocessableEntity, "code_incorrect"}
	case ErrorTypeUnableToAuthOTPCode:
		return meaning{ErrCodeExpired, http.StatusUnprocessableEntity, "code_expired"}
	case ErrorTypeSessionOnCodeDoesNotMatchSessionPassedIn, ErrorTypeNoAssociatedSessionPassedIn:
		return meaning{nil, http.StatusConflict, "session_mismatch"}
	case ErrorTypeAttributeMismatch:
		return meaning{nil, http.StatusForbidden, "attribute_mismatch"}
	case ErrorTypeInvalidPhoneNumber, ErrorTypeInvalidPhoneNumberSandbox, ErrorTypeInvalidPhoneNumberDocs:
		return meaning{ErrInvalidPhoneNumber, http.StatusUnprocessableEntity, "invalid_phone_number"}
	case ErrorTypeInvalidPhoneNumberCountryCode:
		return meaning{ErrRegionNotAllowed, http.StatusUnprocessableEntity, "region_not_allowed"}
	case ErrorTypeUnsubscribedPhoneNumber:
		return meaning{nil, http.StatusUnprocessableEntity, "phone_number_unsubscribed"}
	case ErrorTypeDuplicatePhoneNumber, ErrorTypeDuplicatePhoneNumberForUser:
		return meaning{nil, http.StatusConflict, "phone_number_taken"}
	case ErrorTypeDownstreamCarrierError:
		return meaning{nil, http.StatusServiceUnavailable, "carrier_failed"}
	case ErrorTypeInvalidEmail, ErrorTypeInvalidEmailDomain, ErrorTypeInvalidEmailSandbox, ErrorTypeInactiveEmail:
		return meaning{ErrInvalidEmail, http.StatusUnprocessableEntity, "invalid_email"}
	case ErrorTypeEmailInDenylist, ErrorTypeEmailNotInAllowlist:
		return meaning{nil, http.StatusUnprocessableEntity, "email_not_allowed"}
	case ErrorTypeDuplicateEmail, ErrorTypeDuplicateEmailForUser:
		return meaning{nil, http.StatusConflict, "email_taken"}
	case ErrorTypeUserNotFound, ErrorTypePhoneNumberNotFound, ErrorTypeEmailNotFound:
		return meaning{ErrUserNotFound, http.StatusNotFound, "user_not_found"}
	case ErrorTypeTooManyUnverifiedFactors:
		return meaning{nil, http.StatusConflict, "too_many_unverified_factors"}
	case ErrorTypeSessionNotFound, ErrorTypeUserUnauthenticated, ErrorTypeInvalidSessionToken, ErrorTypeInvalidSessionID, ErrorTypeUnableToParseSessionJWT,
		ErrorTypeJWTInvalidAudience, ErrorTypeJWTInvalidClaims, ErrorTypeJWTInvalidIssuer:
		return meaning{ErrSessionNotFound, http.StatusUnauthorized, "session_not_found"}
	case ErrorTypeConsumerSessionAuthorizationError:
		return meaning{nil, http.StatusForbidden, "not_authorized"}
	case ErrorTypeCaptchaRequired:
		return meaning{nil, http.StatusForbidden, "captcha_required"}
	case ErrorTypeCaptchaFailed:
		return meaning{nil, http.StatusForbidden, "captcha_failed"}
	case ErrorTypeTooManyRequests:
		return meaning{ErrRateLimited, http.StatusTooManyRequests, "rate_limited"}
	case ErrorTypeUserLockLimitReached:
		return meaning{ErrUserLocked, http.StatusTooManyRequests, "user_locked"}
	case ErrorTypeInternalServerError, ErrorTypeServerUnavailable:
		return meaning{sentinel: ErrUnavailable}
	case ErrorTypeUnauthorizedCredentials, ErrorTypeInvalidAuthorizationHeader, ErrorTypeInvalidProjectIDAuthentication,
		ErrorTypeInvalidSecretAuthentication, ErrorTypeUnauthorizedProjectIDLive, ErrorTypeUnauthorizedProjectIDTest:
		return meaning{sentinel: ErrUnauthorized}
	}
	return meaning{}
}

// HTTPStatus returns the status that a handler should give its own client for the
// error of a call: 422 when the person can correct what they typed, 429 when they
// should wait, 503 when the service is at fault or the outcome is unknown, and 500
// when the program or its configuration is at fault. What Stytch says of accounts
// and sessions is 401 (session_not_found), 403 (attribute_mismatch, not_authorized,
// captcha_required, captcha_failed), 404 (user_not_found) or 409
// (phone_number_taken, email_taken, session_mismatch, too_many_unverified_factors).
// It is 200 for nil.
//
// It is not the status that Stytch gave: Stytch says 401 to an expired code and to
// a wrong secret, and a browser must not take either for "sign in again". Of joined
// errors the least certain counts, as for [DeliveryOf].
func HTTPStatus(err error) int {
	if err == nil {
		return http.StatusOK
	}
	status, _ := outcome(err)
	return status
}

// PublicCode returns a short stable code for the error of a call, such as
// "code_incorrect", to send to a browser and to translate. It is "" for nil, and
// never holds text of Stytch's. The codes are:
//
//	code_incorrect, code_expired, attribute_mismatch
//	session_mismatch  the code was sent within another session: send a new one
//	invalid_phone_number, region_not_allowed, number_type_not_allowed, number_refused
//	phone_number_unsubscribed, phone_number_taken
//	invalid_email, email_not_allowed, email_taken
//	user_not_found, session_not_found, not_authorized, rate_limited, user_locked
//	captcha_required, captcha_failed
//	too_many_unverified_factors  verify the factor that was added before, or wait
//	carrier_failed    the carrier refused the message, perhaps for the moment
//	delivery_unknown  a message may be on its way: let the person ask for another
//	result_unknown    the code may have been used up, or the request of Do processed
//	unavailable       nothing was sent, or repeating the call does no harm: try again
//	internal          a fault of this program or its configuration
//	too_many_attempts  of package otplogin: too many wrong codes
//
// user_not_found tells whether a person has an account: do not send it to a person
// who is not signed in. Of joined errors the least certain counts, as for
// [DeliveryOf].
func PublicCode(err error) string {
	if err == nil {
		return ""
	}
	_, code := outcome(err)
	return code
}

func outcome(err error) (status int, code string) {
	if e := leastCertain(err); e != nil {
		return e.outcome()
	}
	return http.StatusInternalServerError, "internal"
}

func (e *StytchError) outcome() (status int, code string) {
	if e == nil {
		return withoutAnswer(DeliveryMaybeSent, "")
	}
	if m := e.ErrorType.meaning(); m.status != 0 {
		return m.status, m.code
	}
	switch {
	case e.StatusCode == http.StatusTooManyRequests:
		return http.StatusTooManyRequests, "rate_limited"
	case e.unreadable && e.isRefusal() && e.StatusCode != http.StatusBadRequest:
		// A proxy's refusal or a wrong base URL. The carrier's failure is a 400.
	case e.Delivery() == DeliveryMaybeSent:
		return withoutAnswer(DeliveryMaybeSent, e.Op)
	}
	return http.StatusInternalServerError, "internal"
}

func (e *TransportError) outcome() (status int, code string) {
	if e == nil {
		return withoutAnswer(DeliveryMaybeSent, "")
	}
	return withoutAnswer(e.delivery, e.Op)
}

func (e *InvalidResponseError) outcome() (status int, code string) {
	if e == nil {
		return withoutAnswer(DeliveryMaybeSent, "")
	}
	return withoutAnswer(DeliveryMaybeSent, e.Op)
}

// outcome is a 422 when everything that is wrong is what a person types. Otherwise
// the program passed a wrong parameter.
func (e *ValidationError) outcome() (status int, code string) {
	status, code = http.StatusInternalServerError, "internal"
	if e == nil {
		return status, code
	}
	for _, f := range e.Fields {
		typed := ""
		switch {
		case f.Code == codeCheckerFailed:
			return http.StatusServiceUnavailable, "unavailable"
		case f.kind == ErrRegionNotAllowed: //nolint:errorlint // kinds are the sentinels themselves
			typed = "region_not_allowed"
		case f.kind == ErrNumberTypeNotAllowed: //nolint:errorlint // as above
			typed = "number_type_not_allowed"
		case f.kind == ErrNumberRefused: //nolint:errorlint // as above
			typed = "number_refused"
		case f.Field == "phone_number":
			typed = "invalid_phone_number"
		case f.Field == "email":
			typed = "invalid_email"
		case f.Field == "code":
			typed = "code_incorrect"
		default:
			return http.StatusInternalServerError, "internal"
		}
		if code == "internal" {
			status, code = http.StatusUnprocessableEntity, typed
		}
	}
	return status, code
}

// withoutAnswer is the outcome when Stytch did not say what became of the request.
func withoutAnswer(delivery Delivery, op string) (status int, code string) {
	switch {
	case delivery == DeliveryNotSent:
		return http.StatusServiceUnavailable, "unavailable"
	case op == OpAuthenticate, op == OpDo:
		return http.StatusServiceUnavailable, "result_unknown"
	case !isSend(op):
		return http.StatusServiceUnavailable, "unavailable" // repeating the call does no harm
	}
	return http.StatusServiceUnavailable, "delivery_unknown"
}

// RequestID returns Stytch's id of the call that err came from, for a log line or a
// question to support, or "" when there is none. It is what the server wrote, at
// most 1 KiB without control characters. Of joined errors the least certain counts,
// as for [DeliveryOf].
func RequestID(err error) string {
	switch e := leastCertain(err).(type) {
	case *StytchError:
		if e != nil {
			return e.RequestID
		}
	case *InvalidResponseError:
		if e != nil {
			return e.RequestID
		}
	}
	return ""
}

// callError is implemented by all errors of this package.
type callError interface {
	Delivery() Delivery
	outcome() (status int, code string)
}

// loginError is implemented by the errors of package otplogin.
type loginError interface {
	Delivery() Delivery
	HTTPStatus() int
	PublicCode() string
}

type foreignError struct{ loginError }

func (e foreignError) outcome() (status int, code string) { return e.HTTPStatus(), e.PublicCode() }

// leastCertain looks for errors of this package and of otplogin in the tree of err. Of several it
// returns the first that leaves open whether a message went out, or else the first.
func leastCertain(err error) callError {
	switch e := err.(type) { //nolint:errorlint // this walks the tree itself
	case *StytchError:
		return e
	case *ValidationError:
		return e
	case *TransportError:
		return e
	case *InvalidResponseError:
		return e
	case loginError:
		return foreignError{e}
	case interface{ Unwrap() error }:
		return leastCertain(e.Unwrap())
	case interface{ Unwrap() []error }:
		var first callError
		for _, child := range e.Unwrap() {
			found := leastCertain(child)
			if found != nil && found.Delivery() == DeliveryMaybeSent {
				return found
			}
			if first == nil {
				first = found
			}
		}
		return first
	}
	return nil
}
