// Package phone reads, checks, describes and masks phone numbers. It is the
// only package of the module that knows the numbering plans of the world, and
// it keeps the types of the library that does to itself.
//
// Two forms of a number are told apart everywhere:
//
//   - e164 is the form machines use: a plus, a country calling code and the
//     national significant number, ASCII digits only, at most fifteen of them.
//     [Check] says whether a string has that form. It costs a few nanoseconds.
//   - input is whatever a person typed, pasted or dictated. [Parse] turns it
//     into e164 or says why it cannot.
//
// "Possible" means that a number of that length can exist in its country;
// "valid" means that the plan known to this version assigns the range. Plans
// change faster than programs, so possible is what a message needs and valid
// is for those who ask.
//
// Nothing here panics, and no error text contains the number.
package phone
