package spec

// Limits for reading. A file that exceeds one is refused with a message that names the limit. No
// hand-written file comes near them.
const (
	MaxFileBytes       = 1 << 20  // a definition file, the workspace file, an included text
	MaxTotalBytes      = 32 << 20 // all definition files together
	MaxFiles           = 20_000   // definition files of a workspace
	MaxDepth           = 50       // nesting, aliases expanded
	MaxKeys            = 10_000   // of one mapping
	MaxNodes           = 200_000  // of one file
	MaxAliases         = 100      // of one file
	MaxExpandedNodes   = 100_000  // that aliases and merge keys add to one file
	MaxExpandedBytes   = 4 << 20  // of text that aliases and merge keys add to one file
	maxMessagesPerRule = 20       // of one kind in one file
)
