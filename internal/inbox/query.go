package inbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query reads the parameters of a URL and remembers the first that is wrong.
type query struct {
	values url.Values
	err    *problem
}

// readQuery refuses parameters that the call does not have: a filter that is
// misspelled would choose everything, somebody else's code included.
func readQuery(r *http.Request, known ...string) *query {
	q := &query{values: r.URL.Query()}
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

// recipient returns a phone number or address. A plus sign that was not escaped
// arrives as a space, which neither of the two can have.
func (q *query) recipient(name string) string {
	return strings.ReplaceAll(q.values.Get(name), " ", "+")
}

func (q *query) oneOf(name string, choices ...string) string {
	value := q.values.Get(name)
	if value != "" && !slices.Contains(choices, value) {
		q.fail(name + " is one of " + strings.Join(choices, ", ") + ".")
	}
	return value
}

func (q *query) number(name string, fallback, low, high int64) int64 {
	text := q.values.Get(name)
	if text == "" {
		return fallback
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value < low || value > high {
		q.fail(name + " is a whole number from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10) + ".")
	}
	return value
}

func (q *query) boolean(name string) bool {
	text := q.values.Get(name)
	value, err := strconv.ParseBool(text)
	if text != "" && err != nil {
		q.fail(name + " is true or false.")
	}
	return value
}

func (q *query) duration(name string, most time.Duration) time.Duration {
	text := q.values.Get(name)
	if text == "" {
		return 0
	}
	value, err := time.ParseDuration(text)
	if err != nil || value < 0 || value > most {
		q.fail(name + " is a duration of at most " + most.String() + ", such as 5s.")
	}
	return value
}
