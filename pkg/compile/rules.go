package compile

// Rule is one kind of finding that compiling can make. Its name is permanent.
type Rule struct {
	Name    string
	Summary string
}

// Rules lists the rules of the compiler, by name. They are errors that no
// configuration switches off: without them there is no body to plan with.
func Rules() []Rule {
	return []Rule{
		{"duplicate-job", "two definitions compile to one project and name"},
		{"duplicate-template", "two templates have one name"},
		{"expansion-limit", "references multiply beyond what one job may hold"},
		{"expression", "what stands between ${{ and }} is no reference"},
		{"extra-field", "extra sets what identifies the job, or what is declared beside it"},
		{"include", "the file that $file names cannot be taken"},
		{"job-name", "a name made from references is no job name"},
		{"matrix", "a matrix makes no combination, too many, or names a key that it does not have"},
		{"missing-key", "something is needed and not declared"},
		{"module-unknown", "no step module is known for an action word"},
		{"modules-file", "the workspace's modules file is not understood"},
		{"param-default", "a default value that the service refuses"},
		{"param-duplicate", "two parameters have one name"},
		{"param-name", "a name made from references is no parameter name"},
		{"project-unknown", "buildsync.yaml declares no project of that alias"},
		{"secret-default", "a parameter has both a secret and a literal default"},
		{"secret-unknown", "buildsync.yaml declares no secret of that name"},
		{"shell-injection", "a value of --var that a shell would act on stands in a command"},
		{"step-property", "an input cannot be translated, or a property is set twice"},
		{"template-input", "an input of a template is missing or unknown"},
		{"template-secret", "a published template holds a secret parameter"},
		{"template-unknown", "there is no template of that name"},
		{"timeout", "a timeout is no whole number of hours"},
		{"unknown-name", "a reference names nothing that is known"},
		{"wrong-type", "a value has the wrong shape once references are resolved"},
	}
}
