module github.com/stytchotp/stytchotp/internal/benchmarks

go 1.26.0

require (
	github.com/go-resty/resty/v2 v2.17.2
	github.com/nyaruka/phonenumbers/v2 v2.0.12
	github.com/stretchr/testify v1.12.1
	github.com/stytchotp/stytchotp v0.0.0
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.62.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

replace github.com/stytchotp/stytchotp => ../..
