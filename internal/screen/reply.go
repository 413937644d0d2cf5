package screen

// Reply is what a command has to say, for people and for programs.
type Reply struct {
	Text func(out *Paper)
	Doc  any // its JSON has stable keys: those of the API, or of this program
}
