package client

import "strings"

// Codes of the service whose meaning goes beyond their status. Those that are not in the API
// reference (7.2) were seen in real traffic.
var (
	// notFoundCodes mean that the job or template does not exist. They come with 422, 404 and
	// inside a 200.
	notFoundCodes = map[string]bool{
		"DEVCB.00031006": true, "CB.00031006": true, "DEV.CB.0520002": true,
	}
	// invalidIDCodes stand for malformed and for absent ids.
	invalidIDCodes = map[string]bool{"CB.00060201": true, "DEV.CB.032011": true}
	// inputCodes refuse what was sent, and say nothing about whether an object exists, whatever
	// status they come with.
	inputCodes = map[string]bool{
		codeInvalidParameter: true, "CB.00060202": true, "CB.00060203": true, "CB.00060212": true, "CB.00060213": true,
		"CB.00031105": true, codeRejected: true, "DEV.CB.032302": true, "DEV.CB.02101217": true,
	}
	// busyCodes do not show whether the call was processed.
	busyCodes = map[string]bool{codeBusy: true, codeThrottled: true}
	// throttleCodes ask for fewer calls.
	throttleCodes = map[string]bool{codeThrottled: true, "APIGW.0308": true, "APIG.0308": true}
	// openCodes are failures of the service while it handled a call.
	openCodes = map[string]bool{
		codeBusy: true, codeThrottled: true, "CB.00060101": true, "CB.00030004": true,
	}
	// routeCodes mean that the URL is unknown.
	routeCodes = map[string]bool{"CB.00060214": true, "APIGW.0101": true, "APIG.0101": true}
)

const (
	codeBusy             = "CB.00060100"
	codeThrottled        = "CB.00060211"    // with status 500, in spite of its meaning
	codeInvalidParameter = "CB.00060200"    // reference 7.2: for a taken name as well, and never for what is absent
	codeRejected         = "DEVCB.00030000" // a refusal without a reason, for a taken name as well
	codeNoHistory        = "CB.00031059"    // with status 403, but it means: no such build
)

// fromGateway reports whether a code comes from the API gateway, which answers before the service
// sees the request.
func fromGateway(code string) bool {
	return strings.HasPrefix(code, "APIGW.") || strings.HasPrefix(code, "APIG.")
}
