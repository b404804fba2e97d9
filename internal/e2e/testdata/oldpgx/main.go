// Command oldpgx stores a number, or a response that holds it, by the release of
// pgx whose text encoding preferred String to the string, and prints what the
// server has.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/stytchotp/stytchotp"
)

func main() {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer func() { _ = conn.Close(ctx) }()
	const number = stytchotp.PhoneNumber("+12025550162")
	var v any = number
	column := "text"
	if os.Args[2] == "response" {
		column = "jsonb"
		v = &stytchotp.AuthenticateResponse{User: stytchotp.User{PhoneNumbers: []stytchotp.UserPhoneNumber{{PhoneNumber: number}}}}
	}
	var stored string
	if err := conn.QueryRow(ctx, "select ($1::"+column+")::text", v).Scan(&stored); err != nil {
		fmt.Println("refused:", err)
		return
	}
	fmt.Println("stored", stored)
}
