package emulator

import (
	"net/http"
	"strconv"
	"time"
)

// apiError is an error of the API, before it becomes an answer.
type apiError struct {
	status     int
	kind       string // error_type
	message    string
	retryAfter time.Duration
}

// failure returns the API's error of the given type.
func failure(kind string) *apiError {
	status, message := Describe(kind)
	return &apiError{status: status, kind: kind, message: message}
}

// explain returns the same with a text of our own, for errors whose real text is
// not known or would not tell a developer enough.
func explain(kind, message string) *apiError {
	err := failure(kind)
	err.message = message
	return err
}

// errorBody is the envelope of every error.
type errorBody struct {
	StatusCode   int    `json:"status_code"`
	RequestID    string `json:"request_id"`
	ErrorType    string `json:"error_type"`
	ErrorMessage string `json:"error_message"`
	ErrorURL     string `json:"error_url"`
}

func (err *apiError) body(requestID string) errorBody {
	return errorBody{
		StatusCode: err.status, RequestID: requestID, ErrorType: err.kind, ErrorMessage: err.message,
		ErrorURL: "https://stytch.com/docs/api/errors/" + strconv.Itoa(err.status) + "#" + err.kind,
	}
}

// Describe returns the status and text that belong to an error type. A type that
// is not known here is a 400.
func Describe(kind string) (status int, message string) {
	for _, describeFamily := range []func(string) (int, string){describe400, describeCodes, describeNotFound, describeOther} {
		if status, message = describeFamily(kind); status != 0 {
			return status, message
		}
	}
	return http.StatusBadRequest, "The request was refused."
}

func describe400(kind string) (status int, message string) {
	switch kind {
	case "invalid_phone_number":
		message = "phone_number format is invalid."
	case "invalid_phone_number_country_code":
		message = "The phone number's country code is invalid, unsupported, or disabled."
	case "invalid_email":
		message = "Email format is invalid."
	case "invalid_user_id":
		message = "user_id format is invalid."
	case "invalid_session_token":
		message = "Session token format is invalid."
	case "invalid_method_id":
		message = "method_id format is invalid."
	case "invalid_code":
		message = "Code format is invalid."
	case "invalid_locale":
		message = "locale is invalid."
	case "invalid_expiration_otp":
		message = "expiration_minutes is a whole number from 1 to 10."
	case "invalid_session_duration_minutes":
		message = "session_duration_minutes is invalid, should be between 5 to 527040 minutes."
	case "invalid_template_id":
		message = "The template id has a wrong format."
	case "invalid_ip_address":
		message = "attributes.ip_address is not an IP address."
	case "invalid_user_agent":
		message = "attributes.user_agent is too long or has control characters."
	case "duplicate_phone_number":
		message = "A user with the specified phone number already exists for this project."
	case "duplicate_email":
		message = "A user with the specified email already exists for this project."
	case "downstream_carrier_error":
		message = "The carrier did not take the message. This may pass."
	case "unsubscribed_phone_number":
		message = "The recipient asked not to be sent messages."
	case "too_many_unverified_factors":
		message = "The user has too many unverified factors."
	case "invalid_authorization_header":
		message = "The Authorization header is not Basic authentication with project_id and secret."
	case "invalid_project_id_authentication":
		message = "The user name of the Authorization header is not a project id."
	case "unable_to_parse_session_jwt":
		message = "session_jwt is not a JWT of this project."
	case "invalid_session_id":
		message = "session_id format is invalid."
	case "no_session_arguments":
		message = "Give session_token or session_jwt."
	case "too_many_session_arguments":
		message = "Give session_token or session_jwt, not both."
	case "custom_claims_too_large":
		message = "The session's custom claims are larger than 4 KB."
	default:
		return 0, ""
	}
	return http.StatusBadRequest, message
}

func describeCodes(kind string) (status int, message string) {
	switch kind {
	case "otp_code_not_found":
		return http.StatusNotFound, "The passcode was incorrect."
	case "unable_to_auth_otp_code":
		return http.StatusUnauthorized, "The passcode has expired or was used before."
	case "unauthorized_credentials":
		return http.StatusUnauthorized, "Unauthorized credentials."
	case "endpoint_not_authorized_for_sdk":
		return http.StatusUnauthorized, "This call is not enabled for SDKs that run in browsers and apps."
	case "attribute_mismatch":
		return http.StatusUnauthorized, "The attributes differ from those given when the passcode was sent."
	case "user_lock_limit_reached":
		return http.StatusTooManyRequests, "The user is locked after too many wrong passcodes."
	case "too_many_requests":
		return http.StatusTooManyRequests, "Too many requests have been made."
	case "captcha_failed":
		return http.StatusTooManyRequests, "The captcha was not solved."
	case "too_few_tokens_authenticated":
		return http.StatusTooManyRequests, "Too few of the messages sent were answered by a login."
	default:
		return 0, ""
	}
}

func describeNotFound(kind string) (status int, message string) {
	switch kind {
	case "user_not_found":
		message = "User could not be found."
	case "phone_number_not_found":
		message = "Phone number could not be found."
	case "email_not_found":
		message = "Email could not be found."
	case "session_not_found":
		message = "Session could not be found."
	case "project_not_found":
		message = "Project could not be found."
	case "email_template_not_found":
		message = "Email template could not be found."
	case "sms_template_not_found":
		message = "SMS template could not be found."
	case "route_not_found":
		message = "There is nothing at this path."
	default:
		return 0, ""
	}
	return http.StatusNotFound, message
}

func describeOther(kind string) (status int, message string) {
	switch kind {
	case "use_https":
		return http.StatusForbidden, "Please use https instead of http."
	case "captcha_required":
		return http.StatusForbidden, "A captcha is required."
	case "email_in_denylist":
		return http.StatusForbidden, "The project does not allow this email."
	case "email_not_in_allowlist":
		return http.StatusForbidden, "The email is not among those that the project allows."
	case "consumer_session_authorization_error":
		return http.StatusForbidden, "The session does not allow this."
	case "method_not_allowed":
		return http.StatusMethodNotAllowed, "The method used is not supported."
	case "client_closed_request":
		return http.StatusRequestTimeout, "The client closed the request."
	case "internal_server_error":
		return http.StatusInternalServerError, "Oops, something seems to have gone wrong, please reach out to support@stytch.com to let us know what went wrong."
	case "server_unavailable":
		return http.StatusServiceUnavailable, "Please retry the request."
	default:
		return 0, ""
	}
}

// usualType returns the error type that a bare status stands for.
func usualType(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthorized_credentials"
	case http.StatusForbidden:
		return "captcha_required"
	case http.StatusNotFound:
		return "route_not_found"
	case http.StatusMethodNotAllowed:
		return "method_not_allowed"
	case http.StatusRequestTimeout:
		return "client_closed_request"
	case http.StatusTooManyRequests:
		return "too_many_requests"
	case http.StatusServiceUnavailable:
		return "server_unavailable"
	}
	if status >= http.StatusInternalServerError {
		return "internal_server_error"
	}
	return "bad_request"
}
