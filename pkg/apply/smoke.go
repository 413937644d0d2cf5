package apply

import "context"

const buildSucceeded = "SUCCESS"

// Runner is what a smoke run needs of the service.
type Runner interface{}

func (r *run) smoke(ctx context.Context) {}
