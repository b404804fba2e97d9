module oldpgx

go 1.26.0

replace github.com/stytchotp/stytchotp => ../../../..

require (
	github.com/jackc/pgx/v5 v5.5.5
	github.com/stytchotp/stytchotp v0.0.0-00010101000000-000000000000
)

require (
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20221227161230-091c0ba34f0a // indirect
	github.com/nyaruka/phonenumbers/v2 v2.0.12 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)
