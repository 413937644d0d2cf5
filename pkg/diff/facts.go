package diff

import "github.com/buildsync/buildsync/pkg/catalog"

// ModulesOf lets a catalogue answer what a comparison asks.
func ModulesOf(c *catalog.Catalogue) Modules {
	if c == nil {
		return nil
	}
	return catalogueFacts{c}
}

type catalogueFacts struct{ catalogue *catalog.Catalogue }

func (f catalogueFacts) PropertyFacts(moduleID, property string) (PropertyFacts, bool) {
	p := f.catalogue.Module(moduleID).Property(property)
	if p == nil {
		return PropertyFacts{}, false
	}
	facts := PropertyFacts{Text: p.Type == catalog.String && !p.Boolish, Secret: p.Secret}
	if p.ServerFills {
		facts.Default = p.Default
	}
	return facts, true
}
