package catalog

import "slices"

// guideWords are action words of the vendor's user guide and of public build files. The ids of
// their modules are not public, so a step with one of them cannot be translated until a modules
// file names the id.
var guideWords = []string{"android", "dotnet", "go", "gradle", "gulp", "kotlin", "python", "yarn"}

// IsGuideWord reports whether word is an action of the user guide whose module is not public.
func IsGuideWord(word string) bool { return slices.Contains(guideWords, word) }
