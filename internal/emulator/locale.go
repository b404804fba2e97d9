package emulator

import (
	"strconv"
	"strings"
)

// wording is the text of a message in one language. The texts say "min" or the
// like, so that they need no plural forms. %code and %minutes are filled in.
type wording struct {
	subject, text string
}

// wordingOf returns the text for a locale tag, which is case-sensitive. Sixteen
// are known.
func wordingOf(tag string) (w wording, known bool) {
	switch tag {
	case "en":
		w = wording{"Your login code", "Your login code is %code. It is valid for %minutes min."}
	case "es":
		w = wording{"Tu código de acceso", "Tu código de acceso es %code. Es válido durante %minutes min."}
	case "fr":
		w = wording{"Votre code de connexion", "Votre code de connexion est %code. Il est valable %minutes min."}
	case "pt-br":
		w = wording{"Seu código de acesso", "Seu código de acesso é %code. Ele é válido por %minutes min."}
	case "it":
		w = wording{"Il tuo codice di accesso", "Il tuo codice di accesso è %code. È valido per %minutes min."}
	case "de-DE":
		w = wording{"Dein Anmeldecode", "Dein Anmeldecode lautet %code. Er gilt %minutes Min."}
	case "zh-Hans":
		w = wording{"您的登录验证码", "您的登录验证码是 %code，%minutes 分钟内有效。"}
	case "ca-ES":
		w = wording{"El teu codi d'accés", "El teu codi d'accés és %code. És vàlid durant %minutes min."}
	case "ja":
		w = wording{"ログインコード", "ログインコードは %code です。有効期限は %minutes 分です。"}
	case "ru":
		w = wording{"Ваш код для входа", "Ваш код для входа: %code. Он действует %minutes мин."}
	case "nl":
		w = wording{"Je inlogcode", "Je inlogcode is %code. De code is %minutes min. geldig."}
	case "pl":
		w = wording{"Twój kod logowania", "Twój kod logowania to %code. Jest ważny przez %minutes min."}
	case "tr":
		w = wording{"Giriş kodunuz", "Giriş kodunuz %code. Kod %minutes dk. geçerlidir."}
	case "fa":
		w = wording{"کد ورود شما", "کد ورود شما %code است و تا %minutes دقیقه اعتبار دارد."}
	case "vi":
		w = wording{"Mã đăng nhập của bạn", "Mã đăng nhập của bạn là %code. Mã có hiệu lực trong %minutes phút."}
	case "cs":
		w = wording{"Váš přihlašovací kód", "Váš přihlašovací kód je %code. Platí %minutes min."}
	default:
		return wording{}, false
	}
	return w, true
}

// knownLocale reports whether a channel has texts for the tag: all sixteen for
// SMS and WhatsApp, four for e-mail.
func knownLocale(channel, tag string) bool {
	if channel == ChannelEmail {
		return tag == "en" || tag == "es" || tag == "fr" || tag == "pt-br"
	}
	_, known := wordingOf(tag)
	return known
}

// render returns what the recipient reads. With autofill, the last line binds
// the code to a domain in the form that phones look for.
func render(channel, tag, code string, minutes int, autofill bool) (subject, text string) {
	w, _ := wordingOf(tag)
	// A strings.Replacer costs a tree for each message; neither value holds a "%".
	text = strings.ReplaceAll(w.text, "%minutes", strconv.Itoa(minutes))
	text = strings.ReplaceAll(text, "%code", code)
	if autofill {
		text += "\n\n@localhost #" + code
	}
	if channel == ChannelEmail {
		subject = w.subject
	}
	return subject, text
}
