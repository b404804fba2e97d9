package stytchotp

import (
	"errors"
	"net/http"
)

// meaning is what an error type comes to for a caller: the sentinel it answers,
// the status a handler should give its own client, and the code for the browser.
type meaning struct {
	sentinel error
	status   int
	code     string
}

// meaning returns the zero value for a type that has no meaning of its own.
func (t ErrorType) meaning() meaning {
	switch t {
	case ErrorTypeOTPCodeNotFound, ErrorTypeInvalidCode:
		return meaning{ErrCodeIncorrect, http.StatusUnprocessableEntity, "code_incorrect"}
	case ErrorTypeUnableToAuthOTPCode:
		return meaning{ErrCodeExpired, http.StatusUnprocessableEntity, "code_expired"}
	case ErrorTypeAttributeMismatch:
		return meaning{nil, http.StatusForbidden, "attribute_mismatch"}
	case ErrorTypeInvalidPhoneNumber, ErrorTypeInvalidPhoneNumberSandbox, ErrorTypeInvalidPhoneNumberDocs:
		return meaning{ErrInvalidPhoneNumber, http.StatusUnprocessableEntity, "invalid_phone_number"}
	case ErrorTypeInvalidPhoneNumberCountryCode:
		return meaning{ErrRegionNotAllowed, http.StatusUnprocessableEntity, "region_not_allowed"}
	case ErrorTypeUnsubscribedPhoneNumber:
		return meaning{nil, http.StatusUnprocessableEntity, "phone_number_unsubscribed"}
	case ErrorTypeDuplicatePhoneNumber:
		return meaning{nil, http.StatusConflict, "phone_number_taken"}
	case ErrorTypeDownstreamCarrierError:
		return meaning{nil, http.StatusServiceUnavailable, "carrier_failed"}
	case ErrorTypeInvalidEmail, ErrorTypeInvalidEmailDomain, ErrorTypeInvalidEmailSandbox, ErrorTypeInactiveEmail:
		return meaning{ErrInvalidEmail, http.StatusUnprocessableEntity, "invalid_email"}
	case ErrorTypeEmailInDenylist, ErrorTypeEmailNotInAllowlist:
		return meaning{nil, http.StatusUnprocessableEntity, "email_not_allowed"}
	case ErrorTypeDuplicateEmail:
		return meaning{nil, http.StatusConflict, "email_taken"}
	case ErrorTypeUserNotFound, ErrorTypePhoneNumberNotFound, ErrorTypeEmailNotFound:
		return meaning{ErrUserNotFound, http.StatusNotFound, "user_not_found"}
	case ErrorTypeSessionNotFound:
		return meaning{ErrSessionNotFound, http.StatusUnauthorized, "session_not_found"}
	case ErrorTypeTooManyRequests:
		return meaning{ErrRateLimited, http.StatusTooManyRequests, "rate_limited"}
	case ErrorTypeUserLockLimitReached:
		return meaning{ErrUserLocked, http.StatusTooManyRequests, "user_locked"}
	case ErrorTypeInternalServerError, ErrorTypeServerUnavailable:
		return meaning{sentinel: ErrUnavailable}
	case ErrorTypeUnauthorizedCredentials, ErrorTypeInvalidAuthorizationHeader,
		ErrorTypeInvalidProjectIDAuthentication, ErrorTypeInvalidSecretAuthentication,
		ErrorTypeUnauthorizedProjectIDLive, ErrorTypeUnauthorizedProjectIDTest:
		return meaning{sentinel: ErrUnauthorized}
	}
	return meaning{}
}

// HTTPStatus returns the status that a handler should give its own client for the
// error of a call: 422 when the person can mend it (a wrong code, a mistyped
// number), 429 when they should wait, 503 when the service is at fault or nobody
// knows, 500 when the program or its configuration is, and 200 for nil; and for
// what Stytch says of accounts and sessions 401 (session_not_found), 403
// (attribute_mismatch), 404 (user_not_found) and 409 (phone_number_taken,
// email_taken).
//
// It is not the status that Stytch gave: Stytch says 401 to an expired code and to
// a wrong secret, and a browser must not take either for "sign in again".
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
//	invalid_phone_number, region_not_allowed, number_type_not_allowed, number_refused
//	phone_number_unsubscribed, phone_number_taken
//	invalid_email, email_not_allowed, email_taken
//	user_not_found, session_not_found, rate_limited, user_locked
//	carrier_failed    the carrier refused the message, perhaps for the moment
//	delivery_unknown  a message may be on its way: show the field for the code
//	result_unknown    the code may have been used up: offer a new one
//	unavailable       nothing was sent: try again
//	internal          a fault of this program or its configuration
//
// user_not_found tells whether a person has an account: give it to nobody who is
// not signed in.
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
		return unanswered(DeliveryMaybeSent, "")
	}
	if m := e.ErrorType.meaning(); m.status != 0 {
		return m.status, m.code
	}
	switch {
	case e.StatusCode == http.StatusTooManyRequests:
		return http.StatusTooManyRequests, "rate_limited"
	case e.Delivery() == DeliveryMaybeSent:
		return unanswered(DeliveryMaybeSent, e.Op)
	}
	return http.StatusInternalServerError, "internal"
}

func (e *TransportError) outcome() (status int, code string) {
	if e == nil {
		return unanswered(DeliveryMaybeSent, "")
	}
	return unanswered(e.delivery, e.Op)
}

func (e *InvalidResponseError) outcome() (status int, code string) {
	if e == nil {
		return unanswered(DeliveryMaybeSent, "")
	}
	return unanswered(DeliveryMaybeSent, e.Op)
}

// outcome is the person's to mend only when all that is wrong is what a person
// types; otherwise the program passed a parameter that is wrong.
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

// unanswered is the outcome when Stytch did not say what became of the request.
func unanswered(delivery Delivery, op string) (status int, code string) {
	switch {
	case delivery == DeliveryNotSent:
		return http.StatusServiceUnavailable, "unavailable"
	case op == authenticate.name:
		return http.StatusServiceUnavailable, "result_unknown"
	}
	return http.StatusServiceUnavailable, "delivery_unknown"
}

// RequestID returns Stytch's id of the call that err came from, for a log line or a
// question to support, or "" when there is none. Like the field it comes from, it
// is what the server wrote, at most 1 KiB without control characters.
func RequestID(err error) string {
	var (
		stytch  *StytchError
		invalid *InvalidResponseError
	)
	switch {
	case errors.As(err, &stytch) && stytch != nil:
		return stytch.RequestID
	case errors.As(err, &invalid) && invalid != nil:
		return invalid.RequestID
	}
	return ""
}
