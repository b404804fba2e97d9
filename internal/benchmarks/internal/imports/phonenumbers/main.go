// Command phonenumbers can make a call by net/http, for a number checked by
// phonenumbers.
package main

import (
	"os"

	"github.com/nyaruka/phonenumbers/v2"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/imports"
)

func main() {
	if len(os.Args) > 1 {
		number, err := phonenumbers.Parse(os.Args[1], "US")
		if err == nil && phonenumbers.IsPossibleNumber(number) {
			imports.Call(phonenumbers.Format(number, phonenumbers.E164))
		}
	}
	imports.Report(0)
}
