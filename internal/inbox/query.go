package inbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// query reads the parameters of a URL and remembers the first that is wrong.
type query struct {
	values url.Values
	err    *problem
}

// readQuery refuses parameters that the call does not have: a filter that is
// misspelled, or cannot be decoded, would choose everything, another person's code
// included.
func readQuery(r *http.Request, known ...string) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.fail("The parameters of the address are not encoded as they should be.")
	}
	for name, values := range q.values {
		if !slices.Contains(known, name) {
			q.fail("There is no parameter " + strconv.Quote(name) + "; known are " + strings.Join(known, ", ") + ".")
		}
		if len(values) > 1 {
			q.fail("The parameter " + name + " is given twice.")
		}
	}
	return q
}

func (q *query) fail(message string) {
	if q.err == nil {
		q.err = invalid(message)
	}
}

// failure returns what was wrong, as an error that is nil when nothing was.
func (q *query) failure() error {
	if q.err == nil {
		return nil
	}
	return q.err
}

// The readers below refuse a parameter that is there without a value: a script's
// empty variable would choose everything.

// recipient returns a phone number or address. A plus sign that was not escaped
// arrives as a space: the first character of a number, or any in an address.
func (q *query) recipient(name string) string {
	recipient := q.values.Get(name)
	switch {
	case !q.values.Has(name):
		return ""
	case strings.Contains(recipient, "@"):
		recipient = strings.ReplaceAll(recipient, " ", "+")
	case strings.HasPrefix(recipient, " ") && !strings.Contains(recipient, "+"):
		recipient = "+" + recipient[1:]
	}
	if err := emulator.CheckRecipient(recipient); err != nil {
		q.fail(name + ": " + strings.TrimPrefix(err.Error(), "emulator: ") + ".")
	}
	return recipient
}

func (q *query) oneOf(name string, choices ...string) string {
	value := q.values.Get(name)
	if q.values.Has(name) && !slices.Contains(choices, value) {
		q.fail(name + " is one of " + strings.Join(choices, ", ") + ".")
	}
	return value
}

func (q *query) number(name string, fallback, low, high int64) int64 {
	if !q.values.Has(name) {
		return fallback
	}
	value, err := strconv.ParseInt(q.values.Get(name), 10, 64)
	if err != nil || value < low || value > high {
		q.fail(name + " is a whole number from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10) + ".")
	}
	return value
}

func (q *query) boolean(name string) bool {
	value, err := strconv.ParseBool(q.values.Get(name))
	if q.values.Has(name) && err != nil {
		q.fail(name + " is true or false.")
	}
	return value
}

func (q *query) duration(name string, most time.Duration) time.Duration {
	if !q.values.Has(name) {
		return 0
	}
	value, err := time.ParseDuration(q.values.Get(name))
	if err != nil || value < 0 || value > most {
		q.fail(name + " is a duration of at most " + most.String() + ", such as 5s.")
	}
	return value
}
