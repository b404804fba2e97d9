package stytchotp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stytchotp/stytchotp/internal/phone"
)

// Channel is a way for a code to reach a person.
type Channel string

// The channels.
const (
	ChannelSMS      Channel = "sms"
	ChannelWhatsApp Channel = "whatsapp"
	ChannelEmail    Channel = "email"
)

// SendPolicy says which phone numbers messages may go to. [WithSendPolicy] has each
// SMS and WhatsApp send checked; a number that is refused gets no message. The zero
// value refuses the number types that toll fraud uses, numbers that belong to no
// country, and SMS to countries that Stytch is known not to serve.
//
// The refusal is a [ValidationError] for the field "phone_number" that answers
// [ErrRegionNotAllowed], [ErrNumberTypeNotAllowed], [ErrInvalidPhoneNumber] or
// [ErrNumberRefused]; docs/phone.md lists its codes. The sandbox number passes in test
// projects.
type SendPolicy struct {
	// Regions are the countries and territories that messages may go to, as ISO
	// 3166 alpha-2 codes; empty for all. A number counts for the region it
	// belongs to, not for its calling code: "US" and "CA" do not let Jamaica
	// through, nor "GB" Guernsey. See [RegionsUSAndCanada] and
	// [RegionsSharingCode].
	//
	// A number of a shared calling code in a range that [PhoneMetadataVersion] does
	// not know counts for the region whose numbers begin most like it: +1 with a new
	// area code for "US", +1 876 for Jamaica. If several regions are as likely, all of
	// them have to be allowed. Otherwise it is refused with the code "unknown_range"
	// and [ErrInvalidPhoneNumber]. RequireValid refuses all of these numbers.
	Regions []string

	// AllowTypes lets through number types that are refused otherwise:
	// NumberTypePremiumRate, NumberTypeSharedCost, NumberTypeTollFree,
	// NumberTypePersonalNumber, NumberTypePager, NumberTypeUAN and
	// NumberTypeVoicemail.
	//
	// In North America the digits do not tell a landline or a VoIP line from a
	// mobile, so no setting here refuses those: use a Checker.
	AllowTypes []NumberType

	// AllowNonGeographic lets through numbers of no country, such as +882.
	AllowNonGeographic bool

	// AllowUnsupported lets SMS through to countries that Stytch is known not to
	// serve. See [UnsupportedSMSDate] for how much is known.
	AllowUnsupported bool

	// RequireValid refuses numbers that are possible but in no range that their
	// country assigns, as far as this version knows. See [PhoneNumber.Valid].
	RequireValid bool

	// Checker is asked last, about numbers that the rest lets through.
	Checker Checker

	// AllowOnCheckerError lets a number through when the Checker fails. Without
	// it the number is refused.
	AllowOnCheckerError bool

	// ObserveOnly refuses nothing. [Call].PolicyRefusal tells the hook what would
	// have been refused.
	ObserveOnly bool
}

// Checker is a rule of your own, or a lookup at a service, for a [SendPolicy]. It
// is called from many goroutines, and its time counts towards the call's timeout.
type Checker interface {
	// CheckNumber reports whether a message may go to the number. An error means
	// that it could not find out.
	CheckNumber(ctx context.Context, number PhoneNumber, channel Channel) (bool, error)
}

// CheckerFunc is a function that is a [Checker].
type CheckerFunc func(ctx context.Context, number PhoneNumber, channel Channel) (bool, error)

// CheckNumber calls f.
func (f CheckerFunc) CheckNumber(ctx context.Context, number PhoneNumber, channel Channel) (bool, error) {
	return f(ctx, number, channel)
}

// codeCheckerFailed is the code of a refusal because the Checker returned an error.
const codeCheckerFailed = "checker_failed"

// nonGeographic is the region of numbers that belong to no country.
const nonGeographic = "001"

// UnsupportedSMSDate is the day of the list of countries that Stytch sends no SMS
// to. The list is what public copies of Stytch's page hold, roughly its first
// half by alphabet, so a country that is not on it may be unsupported all the
// same. Nothing is known of WhatsApp.
const UnsupportedSMSDate = phone.UnsupportedSMSDate

// RegionsUSAndCanada returns what Stytch allows a new project: "US" and "CA".
func RegionsUSAndCanada() []string { return []string{"US", "CA"} }

// RegionsSharingCode returns the region and all others with its calling code, in
// alphabetical order: for "GB" also Guernsey, Jersey and the Isle of Man, for "IT"
// also the Vatican. For "US" that is all of North America and the Caribbean, which
// is rarely meant. It returns nil for an unknown region.
func RegionsSharingCode(region string) []string {
	return phone.RegionsSharingCode(region)
}

// WithSendPolicy has policy asked before each SMS and WhatsApp send.
func WithSendPolicy(policy SendPolicy) Option {
	return func(c *config) error {
		var problems []error
		regions := make(map[string]bool, len(policy.Regions))
		for _, region := range policy.Regions {
			if !phone.KnownRegion(region) {
				problems = append(problems, fmt.Errorf("WithSendPolicy: %q is no ISO 3166 alpha-2 code of a region with phone numbers", region))
			}
			regions[region] = true
		}
		for _, region := range policy.Regions {
			if by := phone.ShadowedBy(region); by != "" && !regions[by] {
				problems = append(problems, fmt.Errorf("WithSendPolicy: mobile numbers of %q count for %q: name %q as well", region, by, by))
			}
		}
		for _, t := range policy.AllowTypes {
			if !refusedTypes(t) {
				problems = append(problems, fmt.Errorf("WithSendPolicy: AllowTypes: %q is never refused", t))
			}
		}
		if f, ok := policy.Checker.(CheckerFunc); ok && f == nil {
			problems = append(problems, errors.New("WithSendPolicy: the Checker is a nil CheckerFunc"))
		}
		policy.AllowTypes = slices.Clone(policy.AllowTypes)
		c.policy = &sendPolicy{SendPolicy: policy, regions: regions}
		return errors.Join(problems...)
	}
}

// refusedTypes reports the types that a policy refuses unless it allows them: what is
// not a person's own line, or costs more than a call to one.
func refusedTypes(t NumberType) bool {
	switch t {
	case NumberTypePremiumRate, NumberTypeSharedCost, NumberTypeTollFree,
		NumberTypePersonalNumber, NumberTypePager, NumberTypeUAN, NumberTypeVoicemail:
		return true
	}
	return false
}

// sendPolicy is a SendPolicy that was checked.
type sendPolicy struct {
	SendPolicy
	regions map[string]bool
}

// ask returns the error that refuses the number, or nil, and sets Region and
// PolicyRefusal of call.
func (p *sendPolicy) ask(ctx context.Context, op operation, n PhoneNumber, call *Call) error {
	if n == phone.Sandbox { // live projects have refused it already
		return nil
	}
	call.Region = n.Region()
	refused := p.refuse(ctx, n, call.Region, op.channel)
	if refused == nil {
		return nil
	}
	call.PolicyRefusal = refused.Code
	if p.ObserveOnly {
		return nil
	}
	return &ValidationError{Op: op.name, Fields: []FieldError{*refused}}
}

func (p *sendPolicy) refuse(ctx context.Context, n PhoneNumber, region string, channel Channel) *FieldError {
	switch {
	case region == nonGeographic && !p.AllowNonGeographic:
		return refusal("non_geographic", "belongs to no country", ErrRegionNotAllowed)
	case region == "" && !p.allowsUnknown(n):
		return refusal("unknown_range", "is in a range that this version does not know: check the number, or raise phonenumbers in go.mod", ErrInvalidPhoneNumber)
	case region != "" && region != nonGeographic && !p.allows(region):
		return refusal("region_not_allowed", "is of a region that messages may not go to", ErrRegionNotAllowed)
	case channel == ChannelSMS && !p.AllowUnsupported && phone.UnsupportedSMS(region):
		return refusal("region_unsupported", "is of a region that Stytch sends no SMS to", ErrRegionNotAllowed)
	}
	if t := n.Type(); refusedTypes(t) && !slices.Contains(p.AllowTypes, t) {
		return refusal("number_type_not_allowed", "is of a type that messages may not go to", ErrNumberTypeNotAllowed)
	}
	if p.RequireValid && !n.Valid() {
		return refusal("not_valid", "is in no range that its country assigns", ErrInvalidPhoneNumber)
	}
	return p.askChecker(ctx, n, channel)
}

func (p *sendPolicy) allows(region string) bool {
	return len(p.regions) == 0 || p.regions[region]
}

// allowsUnknown reports whether all regions are allowed that a number in an unknown
// range can belong to.
func (p *sendPolicy) allowsUnknown(n PhoneNumber) bool {
	for _, region := range phone.Owners(string(n)) {
		if !p.allows(region) {
			return false
		}
	}
	return true
}

func (p *sendPolicy) askChecker(ctx context.Context, n PhoneNumber, channel Channel) *FieldError {
	if p.Checker == nil {
		return nil
	}
	allowed, err := p.Checker.CheckNumber(ctx, n, channel)
	if !allowed && err == nil {
		err = context.Cause(ctx) // out of time, so this is no answer
	}
	switch {
	case err == nil && !allowed:
		return refusal("refused_by_checker", "was refused by the checker", ErrNumberRefused)
	case err != nil && !p.AllowOnCheckerError:
		f := refusal(codeCheckerFailed, "could not be checked", ErrNumberRefused)
		f.cause = err
		return f
	}
	return nil
}

func refusal(code, reason string, kind error) *FieldError {
	return &FieldError{Field: "phone_number", Code: code, Reason: reason, kind: kind}
}
