// Package shim hands out the Terraform random provider.
//
// Upstream keeps the provider in an internal package. Go lets only packages whose path lies below the provider's own
// path import it, which is why this module carries a path in that tree and is replaced by this folder in ../go.mod.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"

	random "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// NewProvider returns the Terraform random provider.
func NewProvider() provider.Provider {
	return random.New()
}
