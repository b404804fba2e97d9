// Command nethttp can make a call by net/http and encoding/json.
package main

import (
	"os"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/imports"
)

func main() {
	if len(os.Args) > 1 {
		imports.Call(os.Args[1])
	}
	imports.Report(0)
}
