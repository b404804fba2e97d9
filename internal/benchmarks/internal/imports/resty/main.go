// Command resty can make a call by resty.
package main

import (
	"os"

	"github.com/go-resty/resty/v2"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/imports"
)

func main() {
	if len(os.Args) > 1 {
		response, err := resty.New().R().SetBody(map[string]string{"phone_number": "+12025550162"}).Post(os.Args[1])
		if err == nil {
			_, _ = os.Stdout.WriteString(response.String())
		}
	}
	imports.Report(0)
}
