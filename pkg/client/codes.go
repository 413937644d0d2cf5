package client

import "strings"

// Codes of the service whose meaning goes beyond the status they come with.
// What the API reference does not list (7.2) was seen in real traffic.
var (
	// notFoundCodes say that the job or the template does not exist. They come
	// with 422, 404, and inside a 200.
	notFoundCodes = map[string]bool{
		"DEVCB.00031006": true, "CB.00031006": true, "DEV.CB.0520002": true,
	}
	// busyCodes leave open whether the call was processed.
	busyCodes = map[string]bool{codeBusy: true, codeThrottled: true}
	// openCodes are the service's failures while handling a call.
	openCodes = map[string]bool{
		codeBusy: true, codeThrottled: true, "CB.00060101": true, "CB.00030004": true,
	}
	// routeCodes say that the URL is not known.
	routeCodes = map[string]bool{"CB.00060214": true, "APIGW.0101": true, "APIG.0101": true}
)

const (
	codeBusy      = "CB.00060100"
	codeThrottled = "CB.00060211" // with status 500, in spite of its meaning
	codeInvalidID = "CB.00060201" // reference 7.2: for an id that is malformed, and for one that is not there
	codeNoHistory = "CB.00031059" // 403, and yet only: there is no such build
)

// fromGateway reports whether a code is the API gateway's, which answers before
// the service sees the request.
func fromGateway(code string) bool {
	return strings.HasPrefix(code, "APIGW.") || strings.HasPrefix(code, "APIG.")
}
