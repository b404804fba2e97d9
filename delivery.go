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
	if d, known := deliveryIn(err); known {
		return d
	}
	return DeliveryMaybeSent
}

// deliveryIn looks for errors of this package in the tree of err. Of several, the
// least certain counts.
func deliveryIn(err error) (d Delivery, known bool) {
	switch e := err.(type) { //nolint:errorlint // this walks the tree itself
	case *StytchError:
		return e.Delivery(), true
	case *ValidationError:
		return e.Delivery(), true
	case *TransportError:
		return e.Delivery(), true
	case *InvalidResponseError:
		return e.Delivery(), true
	case interface{ Unwrap() error }:
		return deliveryIn(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, child := range e.Unwrap() {
			childDelivery, childKnown := deliveryIn(child)
			if childKnown && (!known || childDelivery == DeliveryMaybeSent) {
				d, known = childDelivery, true
			}
		}
	}
	return d, known
}
