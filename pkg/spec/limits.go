package spec

// Limits for reading. A file that exceeds one is refused with a message that names the limit. No
// hand-written file comes near them.
const (
	MaxFileBytes       = 1 << 20  // a definition file, the workspace file, an included text
	maxTotalBytes      = 32 << 20 // all definition files together
	maxFiles           = 20_000   // definition files of a workspace
	maxDepth           = 50       // nesting, aliases expanded
	maxKeys            = 10_000   // of one mapping
	maxNodes           = 200_000  // of one file
	maxAliases         = 100      // of one file
	maxExpandedNodes   = 100_000  // that aliases and merge keys add to one file
	maxExpandedBytes   = 4 << 20  // of text that aliases and merge keys add to one file
	maxMessagesPerRule = 20       // of one kind in one file
)
