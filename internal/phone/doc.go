// Package phone reads, checks, describes and masks phone numbers. No other package
// of the module imports phonenumbers, and no type of that library leaves this one.
//
// Two forms of a number are kept apart:
//
//   - e164 is the form for machines: a plus, a country calling code and the
//     national significant number, ASCII digits only, at most fifteen of them.
//     [Check] says whether a message can be sent to it. It takes some nanoseconds.
//   - input is what a person typed, pasted or dictated. [Parse] turns it into e164
//     or says why it cannot.
//
// "Possible" means that numbers of that length exist in the country; "valid" means
// that the linked metadata has the range. Ranges open more often than programs are
// built, so a send asks for possible numbers only.
//
// Nothing here panics, and no error text contains the number.
package phone
