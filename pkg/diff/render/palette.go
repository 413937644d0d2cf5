package render

// The colours of a terminal that text uses.
const (
	plain  = ""
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// palette paints text, or does not.
type palette struct{ on bool }

func paletteOf(on bool) palette { return palette{on} }

func (p palette) paint(color, s string) string {
	if !p.on || color == plain || s == "" {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

func (p palette) bold(s string) string { return p.paint("1", s) }
func (p palette) dim(s string) string  { return p.paint("2", s) }

func lineColor(kind byte) string {
	switch kind {
	case '-':
		return red
	case '+':
		return green
	}
	return plain
}
