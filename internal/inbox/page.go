package inbox

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets/*.css assets/*.js assets/*.svg
var assetFiles embed.FS

const (
	shownMessages = 200  // on a page that asks for no other number
	mostMessages  = 1000 // the page's own limit, with or without scripts
	shownRequests = 100
	shownUsers    = 50
	shownSessions = 100 // of all users
)

func parseTemplates() (*template.Template, error) {
	return template.New("inbox").Funcs(template.FuncMap{"assets": assetVersion}).ParseFS(templateFiles, "templates/*.html")
}

func (b *Inbox) pageRoutes(mux *http.ServeMux) {
	mux.Handle("GET /{$}", handler(b.page))
	mux.Handle("GET /favicon.ico", asset("favicon.svg"))
	mux.Handle("GET /_otp/assets/{version}/{name}", handler(func(w http.ResponseWriter, r *http.Request) error {
		return asset(r.PathValue("name"))(w, r)
	}))
	mux.Handle("POST /_otp/page/login", handler(b.login))
	mux.Handle("GET /_otp/page/events", b.guard.api(b.pageEvents))
	mux.Handle("POST /_otp/page/{action}", b.guard.api(b.act))
}

// pageView is all that the page shows.
type pageView struct {
	BaseURL   string
	ProjectID string
	Secret    string
	Query     string // the filter
	Masked    bool
	Version   string
	Deleted   int    // messages that can be restored
	Stamp     string // what was the last to happen
	Messages  []messageView
	More      bool // there are older messages than those shown
	Limit     int
	Requests  []requestView
	Panels    panelsView
}

// panelsView is what the small panels show.
type panelsView struct {
	Clock  clockView
	Faults []faultView
	Users  []userView
	More   bool // there are more users
}

// maxFilter is how long a filter may be, in bytes: each word of it is looked for in each
// row. The page's field takes 256 characters.
const maxFilter = 1024

func (b *Inbox) page(w http.ResponseWriter, r *http.Request) error {
	if token := r.URL.Query().Get("token"); token != "" && b.guard.token != "" {
		return b.enter(w, r, token)
	}
	if !b.guard.admits(r) {
		return b.render(w, http.StatusUnauthorized, "login.html", loginView{Wrong: r.URL.Query().Has("wrong")})
	}
	q := readQuery(r, "q", "mask", "limit", "token", "wrong")
	limit := int(q.number("limit", shownMessages, 1, mostMessages))
	masked := q.boolean("mask")
	if len(q.values.Get("q")) > maxFilter {
		q.fail("q, the filter, has at most " + strconv.Itoa(maxFilter) + " bytes.")
	}
	if q.err != nil {
		return q.err
	}
	view := pageView{
		BaseURL: b.baseURL(r), ProjectID: b.emulator.ProjectID(), Secret: b.emulator.Secret(),
		Query: q.values.Get("q"), Masked: masked, Limit: limit, Stamp: b.stamp(), Panels: b.panels(),
		Version: b.version, Deleted: b.emulator.DeletedMessages(),
	}
	view.Messages, view.More = b.chooseMessages(view.Query, limit)
	view.Requests = b.chooseRequests(view.Query)
	return b.render(w, http.StatusOK, "page.html", view)
}

// chooseMessages returns the newest messages that have all words of the filter, and
// whether there are more of them.
func (b *Inbox) chooseMessages(filter string, limit int) (chosen []messageView, more bool) {
	wanted := emulator.MessageQuery{}
	if filter == "" {
		wanted.Limit = limit + 1
	}
	now := b.emulator.Now()
	for _, m := range b.emulator.Messages(wanted) {
		item := newMessageView(m, now)
		if !matches(item.Search+" "+m.State, filter) {
			continue
		}
		if len(chosen) == limit {
			return chosen, true
		}
		chosen = append(chosen, item)
	}
	return chosen, false
}

// chooseRequests returns the newest requests that have all words of the filter.
func (b *Inbox) chooseRequests(filter string) (chosen []requestView) {
	wanted := emulator.RequestQuery{}
	if filter == "" {
		wanted.Limit = shownRequests
	}
	for _, request := range b.emulator.Requests(wanted) {
		if item := b.requestView(request); len(chosen) < shownRequests && matches(item.Search, filter) {
			chosen = append(chosen, item)
		}
	}
	return chosen
}

// matches reports whether every word of filter is in text, which is in lower case.
func matches(text, filter string) bool {
	for word := range strings.FieldsSeq(strings.ToLower(filter)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func (b *Inbox) panels() panelsView {
	view := panelsView{Clock: b.clockView()}
	for _, state := range b.emulator.Faults() {
		view.Faults = append(view.Faults, newFaultView(state))
	}
	users := b.emulator.Users(shownUsers + 1)
	if len(users) > shownUsers {
		users, view.More = users[:shownUsers], true
	}
	sessions := map[string][]emulator.Session{}
	for _, session := range b.emulator.Sessions(shownSessions) {
		sessions[session.UserID] = append(sessions[session.UserID], session)
	}
	for _, user := range users {
		view.Users = append(view.Users, newUserView(user, sessions[user.ID]))
	}
	return view
}

// stamp names the last message and the last request, so that a page can tell whether
// it missed something between being written and listening for events.
func (b *Inbox) stamp() string {
	var message, request int64
	if latest, found := b.emulator.LatestMessage(emulator.MessageQuery{}); found {
		message = latest.ID
	}
	if latest := b.emulator.Requests(emulator.RequestQuery{Limit: 1}); len(latest) > 0 {
		request = latest[0].ID
	}
	return strconv.FormatInt(message, 10) + "." + strconv.FormatInt(request, 10)
}

// baseURL is the address to give to an SDK.
func (b *Inbox) baseURL(r *http.Request) string {
	if b.config.BaseURL != "" {
		return b.config.BaseURL
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + prefix(r)
}

// prefix is the path that the inbox is mounted below, without a slash at its end. It
// is what was asked for less what was left of that, and never leads elsewhere.
func prefix(r *http.Request) string {
	asked, _, _ := strings.Cut(r.RequestURI, "?")
	path := strings.TrimSuffix(strings.TrimSuffix(asked, r.URL.EscapedPath()), "/")
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return ""
	}
	return path
}

func (b *Inbox) render(w http.ResponseWriter, status int, name string, view any) error {
	var page bytes.Buffer
	if err := b.templates.ExecuteTemplate(&page, name, view); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the reader may be gone
	return nil
}

// fragment is a template's text, for the page's stream.
func (b *Inbox) fragment(name string, view any) (string, error) {
	var text strings.Builder
	err := b.templates.ExecuteTemplate(&text, name, view)
	return text.String(), err
}

// asset serves one of the files that belong to the page. Their path has a version,
// so they may be cached without end.
func asset(name string) handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		content, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			return &problem{StatusCode: http.StatusNotFound, ErrorType: "route_not_found", ErrorMessage: "There is no such file."}
		}
		switch {
		case strings.HasSuffix(name, ".css"):
			w.Header().Set("Content-Type", "text/css; charset=utf-8")
		case strings.HasSuffix(name, ".js"):
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		default:
			w.Header().Set("Content-Type", "image/svg+xml")
		}
		w.Header().Set("Cache-Control", "max-age=31536000, immutable")
		_, _ = w.Write(content) //nolint:gosec // a file of ours, whatever name was asked for
		return nil
	}
}

// assetVersion is a path for the assets that changes when one of them does.
func assetVersion() (string, error) {
	files, err := assetFiles.ReadDir("assets")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, file := range files {
		content, err := assetFiles.ReadFile("assets/" + file.Name())
		if err != nil {
			return "", err
		}
		sum.Write(content)
	}
	return "_otp/assets/" + hex.EncodeToString(sum.Sum(nil))[:12], nil
}

// clockTime is how the page writes a moment.
func clockTime(t time.Time) string { return t.Local().Format(time.TimeOnly) }
