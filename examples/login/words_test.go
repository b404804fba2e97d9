package main

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	pages, r := loadPages(), httptest.NewRequest(http.MethodGet, "/", nil)
	for header, want := range map[string]string{
		"":                            "en US",
		"de":                          "de DE",
		"de-AT,de;q=0.9,en;q=0.8":     "de DE",
		"en-GB,en;q=0.9":              "en GB",
		"es-MX, es;q=0.9":             "es MX",
		"pt":                          "pt-BR BR",
		"pt-PT":                       "pt-BR PT",
		"PT-br":                       "pt-BR BR",
		"fr-CA;q=0.7, de;q=0.8":       "de DE",
		"fr-CA;q=0.8, de;q=0.7":       "fr CA",
		"ja,ko;q=0.9,fr;q=0.1":        "fr FR",
		"de;q=0, es;q=0.1":            "es ES",
		"de;q=NaN, es;q=0.1":          "es ES",
		"de;q=much, es;q=0.1":         "es ES",
		"fr,de":                       "fr FR",
		"*":                           "en US",
		"ja":                          "en US",
		"de_DE":                       "en US",
		";q=1,,-,\x00":                "en US",
		strings.Repeat("de,", 10_000): "de DE",
	} {
		r.Header.Set("Accept-Language", header)
		language, region := pages.choose(r)
		assert.Equal(t, want, language.Lang+" "+region, "%.60q", header)
	}
}

// Each key that a page can ask for is there in each language, with the same blanks.
func TestWords(t *testing.T) {
	t.Parallel()
	languages := loadPages().languages
	keys := map[string]bool{}
	for _, region := range regions() {
		keys["region."+region] = true
	}
	for _, page := range []string{"number", "email", "code", "ended", "account"} {
		keys[page+".title"] = true
	}
	for _, channel := range []stytchotp.Channel{stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp, stytchotp.ChannelEmail} {
		keys["code."+string(channel)] = true
	}
	for _, code := range publicCodes(t) {
		keys["notice."+code] = true
	}
	for _, notice := range []string{
		"code_sent", "wait", "code_length", "code_uncheckable", "cookies_blocked", "other_login", "too_many_attempts", "too_many_codes",
	} {
		keys["notice."+notice] = true
	}
	require.NoError(t, fs.WalkDir(files, "pages", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		page, err := files.ReadFile(path)
		for _, found := range regexp.MustCompile(`T "([\w.]+)"`).FindAllStringSubmatch(string(page), -1) {
			keys[found[1]] = true
		}
		return err
	}))
	blanks := regexp.MustCompile(`%.`)
	for tag, language := range languages {
		for key := range keys {
			assert.NotEmpty(t, language.Words[key], "%s has no %q", tag, key)
		}
		for key, words := range language.Words {
			assert.True(t, keys[key], "%s has %q, which nothing shows", tag, key)
			assert.Equal(t, blanks.FindAllString(languages["en"].Words[key], -1), blanks.FindAllString(words, -1), "%s %q", tag, key)
		}
	}
}

// publicCodes are the codes that the documentation of stytchotp.PublicCode lists.
func publicCodes(t *testing.T) (codes []string) {
	t.Helper()
	source, err := os.ReadFile("../../outcome.go")
	require.NoError(t, err)
	_, doc, found := strings.Cut(string(source), "The codes are:")
	require.True(t, found)
	doc, _, _ = strings.Cut(doc, "func PublicCode")
	for line := range strings.Lines(doc) {
		if list, found := strings.CutPrefix(line, "//\t"); found {
			list, _, _ = strings.Cut(list, "  ") // what a code means
			codes = append(codes, strings.Split(strings.TrimSpace(list), ", ")...)
		}
	}
	require.Greater(t, len(codes), 15)
	return codes
}

func TestLanguageOfMessages(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]struct{ page, sms, email string }{
		"de-DE": {"Anmelden", "de-DE", "en"}, // mails come in four languages
		"pt-BR": {"Entrar", "pt-br", "pt-br"},
		"fr":    {"Se connecter", "fr", "fr"},
		"es":    {"Iniciar sesión", "es", "es"},
		"nl":    {"Sign in", "en", "en"},
	} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b := s.browser(t)
			b.header.Set("Accept-Language", header)
			b.get("/login")
			assert.True(t, b.shows("<h1>"+want.page+"</h1>"))
			assert.True(t, b.shows(`<html lang="`))
			b.start(s.srv.NewPhoneNumber())
			b.get("/login").post("/login", "country", "US", "number", string(s.srv.NewPhoneNumber()), "channel", "whatsapp")
			b.get("/login?by=email").post("/login", "by", "email", "email", string(s.srv.NewEmailAddress()))
			var locales []string
			for _, message := range s.srv.Messages() {
				locales = append(locales, string(message.Channel)+" "+message.Locale)
			}
			assert.Equal(t, []string{"sms " + want.sms, "whatsapp " + want.sms, "email " + want.email}, locales)
		})
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).get("/login")
	var offered []string
	for _, found := range regexp.MustCompile(`<option value="(\w+)"`).FindAllStringSubmatch(b.page, -1) {
		offered = append(offered, found[1])
	}
	assert.Equal(t, regions(), offered, "the countries of the policy and no other")
	check := func() {
		t.Helper()
		for _, found := range regexp.MustCompile(`<(?:input|select) id="(\w+)"`).FindAllStringSubmatch(b.page, -1) {
			assert.True(t, b.shows(`<label for="`+found[1]+`"`), "%s has a label", found[1])
		}
		for _, found := range regexp.MustCompile(`aria-describedby="([\w ]+)"`).FindAllStringSubmatch(b.page, -1) {
			for id := range strings.FieldsSeq(found[1]) {
				assert.True(t, b.shows(`id="`+id+`"`), "%s is there", id)
			}
		}
		assert.Equal(t, 1, strings.Count(b.page, " autofocus"))
	}
	check()
	b.post("/login", "country", "US", "number", `"><script>`)
	assert.Contains(t, b.page, `value="&#34;&gt;&lt;script&gt;"`, "what was typed is still there, as text")
	check()
	b.get("/login?by=email")
	check()
	b.start(s.srv.NewPhoneNumber())
	check()
	assert.True(t, b.shows(`type="text" inputmode="numeric" autocomplete="one-time-code"`))
	b.enter("1")
	check()
	assert.True(t, b.shows("<title>Error: "))
	for range 5 {
		b.enter("000000")
	}
	check()
}

// The number that is to be changed is there to be corrected.
func TestChangeTheNumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).get("/login").post("/login", "country", "CA", "number", "(613) 555-0123", "channel", "sms")
	require.Equal(t, "/login/code", b.path)
	b.get("/login")
	assert.True(t, b.shows(`<option value="CA" selected>`))
	assert.True(t, b.shows(`value="(613) 555-0123"`))
	right := s.srv.NewPhoneNumber()
	b.post("/login", "country", "CA", "number", string(right), "channel", "sms")
	assert.True(t, b.enter(s.srv.Code(string(right))).signedIn())
}
