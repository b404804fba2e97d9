package redisstore_test

import (
	"context"
	"fmt"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"

	"github.com/stytchotp/stytchotp/otplogin/redisstore"
)

// Two machines share a login: one sends the code, the other checks it.
func Example() {
	srv, err := otptest.Start() // in place of Stytch
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	server, err := miniredis.Run() // in place of Redis
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	newMachine := func() (*otplogin.Logins, error) {
		rdb := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{server.Addr()}})
		store, storeErr := redisstore.New(rdb, "login:")
		if storeErr != nil {
			return nil, storeErr
		}
		return otplogin.New(srv.Client(), otplogin.Config{Store: store, Key: []byte("the same secret on all machines, from your secrets")})
	}
	first, err := newMachine()
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := newMachine()
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, number := context.Background(), string(srv.NewPhoneNumber())
	flow, err := first.Start(ctx, otplogin.StartParams{Recipient: number})
	if err != nil {
		fmt.Println(err)
		return
	}
	login, err := second.Verify(ctx, otplogin.VerifyParams{FlowID: flow.ID, Code: srv.Code(number)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("signed in:", login.SessionToken != "")
	// Output: signed in: true
}
