package stytchotp

// Delivery says whether a message may have gone out. For
// [OTPsService.Authenticate] it says whether the code may have been used up.
type Delivery int

// The values of Delivery. The zero value is the one that promises nothing.
const (
	DeliveryMaybeSent Delivery = iota // nobody can say: the request may have been read
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

// DeliveryOf tells from the error of a call whether a message may have gone out:
// [DeliverySent] for nil, and for an error of this package what is known. For any
// other error, and when errors of several calls are joined and one of them is
// unsure, it is [DeliveryMaybeSent].
//
// After DeliveryMaybeSent, show the field for the code and let the person decide
// whether to ask for another: a second message makes the first code useless.
func DeliveryOf(err error) Delivery {
	if err == nil {
		return DeliverySent
	}
	if e := leastCertain(err); e != nil {
		return e.Delivery()
	}
	return DeliveryMaybeSent
}

// callError is what all errors of this package are.
type callError interface {
	Delivery() Delivery
	outcome() (status int, code string)
}

// leastCertain looks for errors of this package in the tree of err. Of several it
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
