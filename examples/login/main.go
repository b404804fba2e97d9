// Command login is a web application that signs people in with a code, sent by text
// message, by WhatsApp or by e-mail.
//
//	go run ./examples/login
//
// With STYTCH_PROJECT_ID and STYTCH_SECRET it uses Stytch. Without them it starts an
// emulator inside itself, with otpbox, the page that shows what was sent. Several
// instances share their logins and limits by -redis.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otplogin/redisstore"
	"github.com/stytchotp/stytchotp/otptest"
	"github.com/stytchotp/stytchotp/sessionjwt"
)

// regions are where messages may go, if the Stytch dashboard allows it too.
func regions() []string { return []string{"US", "CA", "MX", "BR", "GB", "FR", "DE", "ES", "PT"} }

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "the address to serve on")
	shared := flag.String("redis", "", "addresses of Redis, separated by commas; needs LOGIN_KEY, a secret of at least 32 bytes that all instances have")
	secure := flag.Bool("secure", false, "cookies go over https only; always so outside loopback")
	wait := flag.Duration("wait", 30*time.Second, "until a code can be sent again, the first time")
	flag.Parse()
	if err := run(*listen, *shared, *secure, otplogin.Config{Limits: otplogin.Limits{Wait: *wait}}); err != nil {
		log.Fatalln("login:", err)
	}
}

func run(listen, shared string, secure bool, config otplogin.Config) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client, emulator, err := newClient(clientOptions(slog.New(slog.NewTextHandler(os.Stderr, nil))))
	if err != nil {
		return err
	}
	if shared != "" {
		if config.Key = []byte(os.Getenv("LOGIN_KEY")); len(config.Key) < 32 {
			return errors.New("-redis needs LOGIN_KEY in the environment: a secret of at least 32 bytes, the same on all instances")
		}
		rdb := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: strings.Split(shared, ",")})
		if config.Store, err = redisstore.New(rdb, "login:"); err != nil {
			return err
		}
	}
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	loopback := socket.Addr().(*net.TCPAddr).IP.IsLoopback() //nolint:errcheck // a TCP socket
	app, err := newApp(client, secure || !loopback, config)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", app.handler())
	fmt.Printf("The app:    http://%s\n", socket.Addr())
	if emulator != nil {
		mux.Handle("/otpbox/", http.StripPrefix("/otpbox", emulator.Inbox())) // for loopback only
		fmt.Printf("Its codes:  http://%s/otpbox/\n", socket.Addr())
	}
	server := &http.Server{
		Handler: mux, BaseContext: func(net.Listener) context.Context { return ctx }, IdleTimeout: time.Minute,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, // the client may take 10
	}
	go func() { log.Println("login:", server.Serve(socket)); stop() }()
	<-ctx.Done()
	stop()                                             // the next Ctrl-C ends it at once
	return server.Shutdown(context.WithoutCancel(ctx)) // when the calls under way are over
}

// newClient returns a client for Stytch, or for an emulator if there are no credentials.
func newClient(options []stytchotp.Option) (*stytchotp.Client, *otptest.Server, error) {
	if os.Getenv("STYTCH_PROJECT_ID")+os.Getenv("STYTCH_SECRET") != "" {
		client, err := stytchotp.NewClientFromEnv(options...)
		return client, nil, err
	}
	emulator, err := otptest.Start(otptest.WithCountries(regions()...))
	if err != nil {
		return nil, nil, err
	}
	return emulator.Client(options...), emulator, nil
}

// clientOptions are messages to our regions only, and one line in the log for each call.
func clientOptions(logger *slog.Logger) []stytchotp.Option {
	record := func(ctx context.Context, call stytchotp.Call) {
		level, outcome := slog.LevelInfo, "ok"
		if call.Err != nil {
			level, outcome = slog.LevelWarn, call.Err.Error() // which holds nothing private
		}
		attrs := []slog.Attr{slog.String("request_id", call.RequestID), slog.String("outcome", outcome)}
		if to, ok := ctx.Value(recipient("")).(recipient); ok { // not of a session
			attrs = append(attrs, slog.String("to", to.masked()))
		}
		logger.LogAttrs(ctx, level, call.Op, attrs...)
	}
	return []stytchotp.Option{stytchotp.WithHook(record), stytchotp.WithSendPolicy(stytchotp.SendPolicy{Regions: regions()})}
}

// app is the whole web application. No browser names a recipient, a method id or a
// count: otplogin keeps all of that, under a cookie that says nothing.
type app struct {
	pages
	logins   *otplogin.Logins
	prefix   string // of cookies that go over https only, and that only this host can set
	sessions *sessionjwt.Verifier
	cookies  sessionjwt.Cookies // of a person who is signed in
}

func newApp(client *stytchotp.Client, secure bool, config otplogin.Config) (*app, error) {
	sessions, err := sessionjwt.New(client)
	if err != nil {
		return nil, err
	}
	config.CreateUserAsPending = true
	logins, err := otplogin.New(client, config)
	prefix := map[bool]string{true: "__Host-"}[secure]
	return &app{
		pages: loadPages(), logins: logins, prefix: prefix, sessions: sessions,
		cookies: sessionjwt.Cookies{TokenName: prefix + "session", JWTName: prefix + "session_jwt", Insecure: !secure},
	}, err
}

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	// The page is for people who are signed in. That is checked offline, by the JWT in
	// the cookie, and every five minutes at Stytch.
	mux.Handle("GET /{$}", a.sessions.Protect(http.HandlerFunc(a.showAccount), sessionjwt.Protection{Cookies: a.cookies, Refused: a.refuseSession}))
	mux.HandleFunc("GET /login", a.showStart)
	mux.HandleFunc("POST /login", a.start)
	mux.HandleFunc("GET /login/code", a.showCode)
	mux.HandleFunc("POST /login/code", a.verify)
	mux.HandleFunc("POST /login/resend", a.resend)
	mux.HandleFunc("POST /logout", a.signOut)
	mux.Handle("GET /static/{file}", http.FileServerFS(files)) // not the list of them
	// Without this another site could make messages go out, or sign its visitor in as another person.
	safe := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header() // a page loads its own files, and no other site may frame it
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if strings.HasPrefix(r.URL.Path, "/static/") {
			h.Set("Cache-Control", "max-age=3600")
		}
		http.MaxBytesHandler(safe, 16<<10).ServeHTTP(w, r)
	})
}

func (a *app) cookie(r *http.Request, name string) string {
	if cookie, err := r.Cookie(a.prefix + name); err == nil {
		return cookie.Value
	}
	return ""
}

// setCookie sets a cookie, or deletes it when its life is negative.
func (a *app) setCookie(w http.ResponseWriter, name, value string, ttl time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure on loopback, where there is no https
		Name: a.prefix + name, Value: value, Path: "/", MaxAge: int(ttl.Seconds()),
		HttpOnly: true, Secure: a.prefix != "", SameSite: http.SameSiteLaxMode,
	})
}

func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	if err := a.sessions.SignOut(w, r, a.cookies); err != nil {
		a.refuse(w, r, err) // the session may go on: the cookies stay for another try
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
