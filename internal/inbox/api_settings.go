package inbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

type clockBody struct {
	Now    time.Time `json:"now"`
	Frozen bool      `json:"frozen"`
}

func (b *Inbox) clock() clockBody {
	return clockBody{Now: b.emulator.Now(), Frozen: b.emulator.Frozen()}
}

func (b *Inbox) showClock(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, b.clock())
	return nil
}

// freeze is true, false, or the moment to stop the clock at.
type freeze struct {
	on bool
	at time.Time
}

// UnmarshalJSON reads a boolean or an RFC 3339 time.
func (f *freeze) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &f.on) == nil {
		return nil
	}
	if json.Unmarshal(data, &f.at) != nil {
		return &json.UnmarshalTypeError{Type: reflect.TypeFor[freeze]()}
	}
	f.on = true
	return nil
}

// setClock freezes or releases the clock first, and then moves it.
func (b *Inbox) setClock(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Freeze  *freeze  `json:"freeze"`
		Advance duration `json:"advance"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if body.Freeze == nil && body.Advance == 0 {
		return invalid("Give advance or freeze.")
	}
	change := emulator.ClockChange{Advance: time.Duration(body.Advance)}
	if body.Freeze != nil {
		change.Freeze, change.Unfreeze, change.At = body.Freeze.on, !body.Freeze.on, body.Freeze.at
	}
	if err := b.emulator.ChangeClock(change); err != nil {
		return engineProblem(err)
	}
	writeJSON(w, http.StatusOK, b.clock())
	return nil
}

// rateLimitBody is an [emulator.RateLimit] in JSON, with a window such as "1m30s".
type rateLimitBody struct {
	emulator.RateLimit

	Window duration `json:"window"`
}

func (b *Inbox) listRateLimits(w http.ResponseWriter, _ *http.Request) error {
	limits := []rateLimitBody{}
	for _, l := range b.emulator.RateLimits() {
		limits = append(limits, rateLimitBody{l, duration(l.Window)})
	}
	writeJSON(w, http.StatusOK, map[string]any{"rate_limits": limits})
	return nil
}

func (b *Inbox) setRateLimits(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		RateLimits *[]rateLimitBody `json:"rate_limits"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if body.RateLimits == nil {
		return invalid("rate_limits is missing; an empty list takes all limits away.")
	}
	limits := make([]emulator.RateLimit, 0, len(*body.RateLimits))
	for _, l := range *body.RateLimits {
		l.RateLimit.Window = time.Duration(l.Window)
		limits = append(limits, l.RateLimit)
	}
	if err := b.emulator.SetRateLimits(limits...); err != nil {
		return engineProblem(err)
	}
	return b.listRateLimits(w, r)
}

type countriesBody struct {
	SMS      []string `json:"sms"`
	WhatsApp []string `json:"whatsapp"`
}

func (b *Inbox) listCountries(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, countriesBody{
		SMS: b.emulator.Countries(emulator.ChannelSMS), WhatsApp: b.emulator.Countries(emulator.ChannelWhatsApp),
	})
	return nil
}

// setCountries leaves a channel that is not named as it is, and both if one is wrong.
func (b *Inbox) setCountries(w http.ResponseWriter, r *http.Request) error {
	var body countriesBody
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if body.SMS == nil && body.WhatsApp == nil {
		return invalid("Give sms, whatsapp or both, each a list of countries.")
	}
	before := b.emulator.Countries(emulator.ChannelSMS)
	if body.SMS != nil {
		if err := b.emulator.SetCountries(emulator.ChannelSMS, body.SMS...); err != nil {
			return engineProblem(err)
		}
	}
	if body.WhatsApp != nil {
		if err := b.emulator.SetCountries(emulator.ChannelWhatsApp, body.WhatsApp...); err != nil {
			return errors.Join(engineProblem(err), b.emulator.SetCountries(emulator.ChannelSMS, before...))
		}
	}
	return b.listCountries(w, r)
}

func (b *Inbox) fixCode(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Recipient string `json:"recipient"`
		Code      string `json:"code"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if body.Recipient == "" {
		return invalid("recipient is missing: a phone number or an e-mail address.")
	}
	if err := b.emulator.FixCode(body.Recipient, body.Code); err != nil {
		return engineProblem(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (b *Inbox) reset(w http.ResponseWriter, _ *http.Request) error {
	b.emulator.Reset()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func parseID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, invalid("An id is a whole number.")
	}
	return id, nil
}
