package lint

// What the tests of the fixtures share with the examples.
var (
	ExampleIn    = exampleIn
	ExampleFiles = exampleFiles
)
