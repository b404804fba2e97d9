package stytchotp

// ErrorType is Stytch's name for what went wrong. The list of constants is what is
// known of the endpoints of this package; a type that is not among them passes
// through unchanged.
//
// API: https://stytch.com/docs/api-reference/consumer/api/errors
type ErrorType string

// A code or a session.
const (
	ErrorTypeOTPCodeNotFound                          ErrorType = "otp_code_not_found"
	ErrorTypeUnableToAuthOTPCode                      ErrorType = "unable_to_auth_otp_code"
	ErrorTypeAttributeMismatch                        ErrorType = "attribute_mismatch"
	ErrorTypeSessionNotFound                          ErrorType = "session_not_found"
	ErrorTypeSessionOnCodeDoesNotMatchSessionPassedIn ErrorType = "session_on_code_does_not_match_session_passed_in"
	ErrorTypeUserLockLimitReached                     ErrorType = "user_lock_limit_reached"
	ErrorTypeTooFewTokensAuthenticated                ErrorType = "too_few_tokens_authenticated"
)

// Credentials and environment.
const (
	ErrorTypeUnauthorizedCredentials           ErrorType = "unauthorized_credentials"
	ErrorTypeInvalidAuthorizationHeader        ErrorType = "invalid_authorization_header"
	ErrorTypeInvalidProjectIDAuthentication    ErrorType = "invalid_project_id_authentication"
	ErrorTypeInvalidSecretAuthentication       ErrorType = "invalid_secret_authentication"
	ErrorTypeUnauthorizedProjectIDLive         ErrorType = "unauthorized_project_id_live"
	ErrorTypeUnauthorizedProjectIDTest         ErrorType = "unauthorized_project_id_test"
	ErrorTypeTestIDUsedInLiveEnvironment       ErrorType = "test_id_used_in_live_environment"
	ErrorTypeLiveIDUsedInTestEnvironment       ErrorType = "live_id_used_in_test_environment"
	ErrorTypeWrongStackLive                    ErrorType = "wrong_stack_live"
	ErrorTypeWrongStackTest                    ErrorType = "wrong_stack_test"
	ErrorTypeProjectNotFound                   ErrorType = "project_not_found"
	ErrorTypeInvalidConsumerEndpoint           ErrorType = "invalid_consumer_endpoint"
	ErrorTypeEndpointNotAuthorizedForSDK       ErrorType = "endpoint_not_authorized_for_sdk"
	ErrorTypeUserUnauthenticated               ErrorType = "user_unauthenticated"
	ErrorTypeConsumerSessionAuthorizationError ErrorType = "consumer_session_authorization_error"
	ErrorTypeUseHTTPS                          ErrorType = "use_https"
)

// The recipient.
const (
	ErrorTypeInvalidPhoneNumber            ErrorType = "invalid_phone_number"
	ErrorTypeInvalidPhoneNumberCountryCode ErrorType = "invalid_phone_number_country_code"
	ErrorTypeInvalidPhoneNumberSandbox     ErrorType = "invalid_phone_number_sandbox"
	ErrorTypeInvalidPhoneNumberDocs        ErrorType = "invalid_phone_number_docs"
	ErrorTypeUnsubscribedPhoneNumber       ErrorType = "unsubscribed_phone_number"
	ErrorTypeDuplicatePhoneNumber          ErrorType = "duplicate_phone_number"
	ErrorTypeDuplicatePhoneNumberForUser   ErrorType = "duplicate_phone_number_for_user"
	ErrorTypePhoneNumberNotFound           ErrorType = "phone_number_not_found"
	ErrorTypeDownstreamCarrierError        ErrorType = "downstream_carrier_error"
	ErrorTypeInvalidEmail                  ErrorType = "invalid_email"
	ErrorTypeInvalidEmailDomain            ErrorType = "invalid_email_domain"
	ErrorTypeInvalidEmailSandbox           ErrorType = "invalid_email_sandbox"
	ErrorTypeInactiveEmail                 ErrorType = "inactive_email"
	ErrorTypeDuplicateEmail                ErrorType = "duplicate_email"
	ErrorTypeDuplicateEmailForUser         ErrorType = "duplicate_email_for_user"
	ErrorTypeEmailNotFound                 ErrorType = "email_not_found"
	ErrorTypeEmailInDenylist               ErrorType = "email_in_denylist"
	ErrorTypeEmailNotInAllowlist           ErrorType = "email_not_in_allowlist"
)

// The user.
const (
	ErrorTypeUserNotFound                  ErrorType = "user_not_found"
	ErrorTypeInvalidUserID                 ErrorType = "invalid_user_id"
	ErrorTypeUserIDMismatch                ErrorType = "user_id_mismatch"
	ErrorTypeTooManyUnverifiedFactors      ErrorType = "too_many_unverified_factors"
	ErrorTypeNoUserSelectionArguments      ErrorType = "no_user_selection_arguments"
	ErrorTypeTooManyUserSelectionArguments ErrorType = "too_many_user_selection_arguments"
)

// Parameters.
const (
	ErrorTypeInvalidMethodID       ErrorType = "invalid_method_id"
	ErrorTypeInvalidCode           ErrorType = "invalid_code"
	ErrorTypeInvalidLocale         ErrorType = "invalid_locale"
	ErrorTypeInvalidExpiration     ErrorType = "invalid_expiration"
	ErrorTypeInvalidExpirationOTP  ErrorType = "invalid_expiration_otp"
	ErrorTypeInvalidIPAddress      ErrorType = "invalid_ip_address"
	ErrorTypeInvalidUserAgent      ErrorType = "invalid_user_agent"
	ErrorTypeInvalidTemplateID     ErrorType = "invalid_template_id"
	ErrorTypeEmailTemplateNotFound ErrorType = "email_template_not_found"
	ErrorTypeSMSTemplateNotFound   ErrorType = "sms_template_not_found"
	ErrorTypeMissingSMSParameter   ErrorType = "missing_sms_parameter"
	ErrorTypeBadRequest            ErrorType = "bad_request"
	ErrorTypeInvalidArgument       ErrorType = "invalid_argument"
	ErrorTypeQueryParamsDoNotMatch ErrorType = "query_params_do_not_match"
)

// Sessions and claims.
const (
	ErrorTypeInvalidSessionID                  ErrorType = "invalid_session_id"
	ErrorTypeInvalidSessionToken               ErrorType = "invalid_session_token"
	ErrorTypeInvalidSessionTokenDocs           ErrorType = "invalid_session_token_docs"
	ErrorTypeIncompatibleSessionType           ErrorType = "incompatible_session_type"
	ErrorTypeSessionNotMutable                 ErrorType = "session_not_mutable"
	ErrorTypeInvalidSessionDuration            ErrorType = "invalid_session_duration"
	ErrorTypeInvalidSessionDurationMinutes     ErrorType = "invalid_session_duration_minutes"
	ErrorTypeUnableToParseSessionJWT           ErrorType = "unable_to_parse_session_jwt"
	ErrorTypeJWTInvalidAudience                ErrorType = "jwt_invalid_audience"
	ErrorTypeJWTInvalidClaims                  ErrorType = "jwt_invalid_claims"
	ErrorTypeJWTInvalidIssuer                  ErrorType = "jwt_invalid_issuer"
	ErrorTypeNoSessionArguments                ErrorType = "no_session_arguments"
	ErrorTypeTooManySessionArguments           ErrorType = "too_many_session_arguments"
	ErrorTypeNoAssociatedSessionPassedIn       ErrorType = "no_associated_session_passed_in"
	ErrorTypeCustomClaimsTooLarge              ErrorType = "custom_claims_too_large"
	ErrorTypeReservedClaimsInCustomClaims      ErrorType = "reserved_claims_in_custom_claims"
	ErrorTypeStytchClaimsInCustomClaims        ErrorType = "stytch_claims_in_custom_claims"
	ErrorTypeUnableToRepresentCustomClaimsJSON ErrorType = "unable_to_represent_custom_claims_json"
)

// Limits, billing and the service itself.
const (
	ErrorTypeTooManyRequests            ErrorType = "too_many_requests"
	ErrorTypeCaptchaRequired            ErrorType = "captcha_required"
	ErrorTypeCaptchaFailed              ErrorType = "captcha_failed"
	ErrorTypeBillingNotVerified         ErrorType = "billing_not_verified"
	ErrorTypeBillingNotVerifiedForEmail ErrorType = "billing_not_verified_for_email"
	ErrorTypeRouteNotFound              ErrorType = "route_not_found"
	ErrorTypeMethodNotAllowed           ErrorType = "method_not_allowed"
	ErrorTypeClientClosedRequest        ErrorType = "client_closed_request"
	ErrorTypeInternalServerError        ErrorType = "internal_server_error"
	ErrorTypeServerUnavailable          ErrorType = "server_unavailable"
)
