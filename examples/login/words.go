package main

import (
	"cmp"
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"github.com/stytchotp/stytchotp"
)

//go:embed words.json
var wordsJSON []byte

// language is what the app says in one language, and which one messages come in.
type language struct {
	Lang        string // of the pages
	Locale      stytchotp.Locale
	EmailLocale stytchotp.Locale // mails come in fewer languages
	Region      string           // whose numbers are likely
	Words       map[string]string
}

// T returns the words under a key.
func (l *language) T(key string) string { return l.Words[key] }

// choose returns the language that an Accept-Language header likes best, and the
// region to offer first: the header's own, as in de-AT, if it is one of ours.
func choose(languages map[string]*language, header string) (best *language, region string) {
	best, liked := languages["en"], 0.0
	for entry := range strings.SplitSeq(strings.ReplaceAll(header, " ", ""), ",") {
		tag, quality, _ := strings.Cut(entry, ";q=")
		primary, subtag, _ := strings.Cut(tag, "-")
		q, err := strconv.ParseFloat(cmp.Or(quality, "1"), 64)
		if l := languages[strings.ToLower(primary)]; l != nil && err == nil && q > liked {
			best, liked, region = l, q, strings.ToUpper(subtag)
		}
	}
	if !slices.Contains(regions(), region) {
		region = best.Region
	}
	return best, region
}
