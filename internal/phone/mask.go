package phone

// maxMask bounds what [Mask] answers for something that is no number.
const maxMask = 64

// Mask returns a form of the number that is safe in logs: the plus, the
// calling code and the last two digits stay, every other digit becomes an
// asterisk, as in "+44********23". The length stays the same.
//
// Of something that is not E.164 nothing stays: every byte becomes an
// asterisk, and beyond 64 bytes not even the length is kept.
func Mask(e164 string) string {
	n, ok := split(e164)
	if !ok || len(n.national) < 4 {
		return stars[:min(len(e164), maxMask)]
	}
	end := len(n.national) - 2
	return "+" + n.calling + stars[:end] + n.national[end:]
}

const stars = "****************************************************************"
