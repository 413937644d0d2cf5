// Package sdk tests buildsync with the official Go SDK of Huawei Cloud: the SDK's signer checks
// pkg/client/signer, and its client of CodeArts Build drives the emulator.
//
// The tests are a module of their own so that the SDK stays out of the product. Run them with `make
// test-modules`, or with `go test ./...` in this folder; `go test ./... -update` writes the golden
// files again.
package sdk
