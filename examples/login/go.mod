module github.com/stytchotp/stytchotp/examples/login

go 1.26.0

require (
	github.com/redis/go-redis/v9 v9.23.0
	github.com/stretchr/testify v1.12.1
	github.com/stytchotp/stytchotp v0.1.0
	github.com/stytchotp/stytchotp/otplogin/redisstore v0.1.0
	github.com/stytchotp/stytchotp/sessionjwt v0.1.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/nyaruka/phonenumbers/v2 v2.0.12 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

replace (
	github.com/stytchotp/stytchotp => ../..
	github.com/stytchotp/stytchotp/otplogin/redisstore => ../../otplogin/redisstore
	github.com/stytchotp/stytchotp/sessionjwt => ../../sessionjwt
)
